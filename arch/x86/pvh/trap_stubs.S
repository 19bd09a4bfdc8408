/* Where the CPU sends exceptions. It has pushed an error code for some; the others get a zero, so
 * that the rest is the same for all and in every mode. */

.macro stub vector:req, error_code:req
        .section .text.lodger_pvh_traps, "ax", @progbits
1:
        .ifc \error_code, none
        push    $0
        .endif
        push    $\vector
        jmp     lodger_trap_entry
        .section .rodata.lodger_pvh_trap_stubs, "a", @progbits
        .quad   1b
.endm

        .section .rodata.lodger_pvh_trap_stubs, "a", @progbits
        .balign 8
        .globl  lodger_pvh_trap_stubs
lodger_pvh_trap_stubs:
        stub 0, none
        stub 1, none
        stub 2, none
        stub 3, none
        stub 4, none
        stub 5, none
        stub 6, none
        stub 7, none
        stub 8, pushed
        stub 9, none
        stub 10, pushed
        stub 11, pushed
        stub 12, pushed
        stub 13, pushed
        stub 14, pushed
        stub 15, none
        stub 16, none
        stub 17, pushed
        stub 18, none
        stub 19, none
        stub 20, none
        stub 21, pushed

        .section .note.GNU-stack, "", @progbits
