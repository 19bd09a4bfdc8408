/* The common end of every trap: the stub has brought the stack to vector, error code, rip, ...;
 * the rest of struct TrapFrame is pushed here. No trap is returned from. */

        .section .text.lodger_trap_entry, "ax", @progbits
        .globl  lodger_trap_entry
        .type   lodger_trap_entry, @function
lodger_trap_entry:
        push    %rax
        push    %rbx
        push    %rcx
        push    %rdx
        push    %rsi
        push    %rdi
        push    %rbp
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, %rdi
        and     $-16, %rsp
        cld
        call    lodger_trap
        ud2
        .size   lodger_trap_entry, . - lodger_trap_entry

        .section .note.GNU-stack, "", @progbits
