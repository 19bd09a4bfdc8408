/* void lodger_switch(void **saved, void *next): only what a called function must preserve is
 * saved (System V ABI, 3.2.1); the control words of the x87 and of MXCSR are the same for all. */

        .section .text.lodger_switch, "ax", @progbits
        .globl  lodger_switch
        .type   lodger_switch, @function
lodger_switch:
        push    %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, (%rdi)
        mov     %rsi, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        ret
        .size   lodger_switch, . - lodger_switch

        .section .note.GNU-stack, "", @progbits
