/* Where Xen's domain builder starts a PVH or HVM guest: 32-bit flat, no paging, interrupts off,
 * ebx = hvm_start_info (docs/misc/pvh.pandoc). The first GiB is mapped at its own address, all of
 * it writable and executable until C++ protects it; then to 64 bits, with SSE, which compiled code
 * uses, and no-execute, which page tables will use. */

#define CR0_PE          0x00000001
#define CR0_MP          0x00000002
#define CR0_ET          0x00000010
#define CR0_NE          0x00000020
#define CR0_WP          0x00010000
#define CR0_PG          0x80000000
#define CR4_PAE         0x00000020
#define CR4_OSFXSR      0x00000200
#define CR4_OSXMMEXCPT  0x00000400
#define MSR_EFER        0xc0000080
#define EFER_LME        0x00000100
#define EFER_NXE        0x00000800
#define PTE_TABLE       0x03            /* present, writable */
#define PTE_LARGE       0xe3            /* present, writable, accessed, dirty, 2 MiB */

        .section .text.lodger_pvh_entry, "ax", @progbits
        .code32
        .globl  lodger_pvh_entry
        .type   lodger_pvh_entry, @function
lodger_pvh_entry:
        mov     $lodger_pvh_start, %esi
        jmp     lodger_flat_entry
        .size   lodger_pvh_entry, . - lodger_pvh_entry

        /* esi = the C++ function that goes on, ebx = its argument. */
        .globl  lodger_flat_entry
        .type   lodger_flat_entry, @function
lodger_flat_entry:
        cld
        mov     $lodger_boot_stack_end, %esp
        movl    $lodger_pvh_l3 + PTE_TABLE, lodger_pvh_l4
        movl    $lodger_pvh_l2 + PTE_TABLE, lodger_pvh_l3
        xor     %ecx, %ecx
1:      mov     %ecx, %eax
        shl     $21, %eax
        or      $PTE_LARGE, %eax
        mov     %eax, lodger_pvh_l2(, %ecx, 8)
        inc     %ecx
        cmp     $512, %ecx
        jne     1b

        mov     $CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT, %eax
        mov     %eax, %cr4
        mov     $lodger_pvh_l4, %eax
        mov     %eax, %cr3
        mov     $MSR_EFER, %ecx
        rdmsr
        or      $EFER_LME | EFER_NXE, %eax
        wrmsr
        mov     $CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG, %eax
        mov     %eax, %cr0
        lgdt    lodger_pvh_gdt_pointer
        ljmp    $0x08, $2f

        .code64
2:      mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        xor     %ebp, %ebp              /* the end of every backtrace */
        mov     %ebx, %edi
        call    *%rsi
        ud2
        .size   lodger_flat_entry, . - lodger_flat_entry

        /* The CPU writes into the task segment's descriptor, hence .data. */
        .section .data.lodger_pvh_gdt, "aw", @progbits
        .balign 8
        .globl  lodger_pvh_gdt
lodger_pvh_gdt:
        .quad   0
        .quad   0x00af9b000000ffff      /* 0x08: 64-bit code */
        .quad   0x00cf93000000ffff      /* 0x10: data */
        .quad   0, 0                    /* 0x18: task segment, filled in by C++ */
lodger_pvh_gdt_end:
        .globl  lodger_pvh_gdt_pointer
lodger_pvh_gdt_pointer:
        .word   lodger_pvh_gdt_end - lodger_pvh_gdt - 1
        .quad   lodger_pvh_gdt

        .section .bss.lodger_pvh_tables, "aw", @nobits
        .balign 4096
        .globl  lodger_pvh_l4
lodger_pvh_l4:
        .skip   4096
lodger_pvh_l3:
        .skip   4096
lodger_pvh_l2:
        .skip   4096

        .section .note.GNU-stack, "", @progbits
