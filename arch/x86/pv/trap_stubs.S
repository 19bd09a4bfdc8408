/* Where Xen sends a PV guest's exceptions. Xen pushes rcx and r11 above the frame that a CPU
 * would push (xen/arch/x86/x86_64/entry.S, create_bounce_frame); the stubs take them off again,
 * so that the rest is the same in every mode. */

#include <xen/xen.h>

.macro stub vector:req, error_code:req
        .section .text.lodger_pv_traps, "ax", @progbits
1:      pop     %rcx
        pop     %r11
        .ifc \error_code, none
        push    $0
        .endif
        push    $\vector
        jmp     lodger_trap_entry

        /* One trap_info_t: the low bits of flags are the ring that may raise it by `int`;
         * 4 keeps events masked on entry. */
        .section .rodata.lodger_pv_trap_table, "a", @progbits
        .byte   \vector
        .byte   4
        .word   FLAT_KERNEL_CS
        .balign 8
        .quad   1b
.endm

        .section .rodata.lodger_pv_trap_table, "a", @progbits
        .balign 8
        .globl  lodger_pv_trap_table
lodger_pv_trap_table:
        stub 0, none
        stub 1, none
        stub 3, none
        stub 4, none
        stub 5, none
        stub 6, none
        stub 7, none
        stub 10, pushed
        stub 11, pushed
        stub 12, pushed
        stub 13, pushed
        stub 14, pushed
        stub 16, none
        stub 17, pushed
        stub 18, none
        stub 19, none
        /* An address of zero ends the table. */
        .quad   0, 0

        .section .note.GNU-stack, "", @progbits
