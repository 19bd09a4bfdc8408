/* Where Xen's domain builder starts a PV guest: rsi = start_info, events masked, flat segments,
 * the builder's one-page stack (xen/include/public/xen.h, "Start-of-day memory layout"). */

        .section .text.lodger_pv_entry, "ax", @progbits
        .globl  lodger_pv_entry
        .type   lodger_pv_entry, @function
lodger_pv_entry:
        cld
        mov     $lodger_boot_stack_end, %rsp
        xor     %ebp, %ebp              /* the end of every backtrace */
        mov     %rsi, %rdi
        call    lodger_pv_start
        ud2
        .size   lodger_pv_entry, . - lodger_pv_entry

        .section .note.GNU-stack, "", @progbits
