/* Where QEMU, as the device model of an HVM guest, starts its `-kernel`: the Multiboot
 * Specification (version 0.6.96, chapter 3). As with PVH: 32-bit flat, no paging, interrupts off;
 * ebx = its own information. The header says what to load where by itself: the format's other way,
 * by ELF headers, is for 32-bit files alone. */

#define MAGIC           0x1badb002
#define PAGE_ALIGNED    0x00000001      /* modules begin at page boundaries */
#define HAS_ADDRESSES   0x00010000

        .section .text.lodger_multiboot, "a", @progbits
        .balign 4
        .globl  lodger_multiboot
lodger_multiboot:
        .long   MAGIC
        .long   PAGE_ALIGNED | HAS_ADDRESSES
        .long   -(MAGIC + (PAGE_ALIGNED | HAS_ADDRESSES))
        .long   lodger_multiboot        /* this header's own address */
        .long   lodger_text_start
        .long   lodger_data_end
        .long   lodger_image_end        /* from there up to here: zeros */
        .long   lodger_multiboot_entry

        .section .text.lodger_multiboot_entry, "ax", @progbits
        .code32
        .type   lodger_multiboot_entry, @function
lodger_multiboot_entry:
        mov     $lodger_multiboot_start, %esi
        jmp     lodger_flat_entry
        .size   lodger_multiboot_entry, . - lodger_multiboot_entry

        .section .note.GNU-stack, "", @progbits
