/* What the image tells Xen's domain builder (xen/include/public/elfnote.h). The guest is linked
 * so that virtual and pseudo-physical addresses are equal, hence the zero base and offset. */

#include <xen/elfnote.h>

.macro note type:req, value:vararg
        .pushsection .note.Xen, "a", @note
        .balign 4
        .long   2f - 1f
        .long   4f - 3f
        .long   \type
1:      .asciz  "Xen"
2:      .balign 4
3:      \value
4:      .balign 4
        .popsection
.endm

        /* linker.ld asks for this name, so that the notes are linked at all. */
        .globl  lodger_notes
        .set    lodger_notes, 0

        note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
        note XEN_ELFNOTE_GUEST_OS, .asciz "Lodger"
        note XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
        note XEN_ELFNOTE_LOADER, .asciz "generic"
        note XEN_ELFNOTE_VIRT_BASE, .quad 0
        note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
        note XEN_ELFNOTE_ENTRY, .quad lodger_pv_entry
        /* Four bytes, or libxc takes the image for one that is not 32-bit. */
        note XEN_ELFNOTE_PHYS32_ENTRY, .long lodger_pvh_entry
        /* A suspend can be cancelled: SCHEDOP_shutdown then returns 1. */
        note XEN_ELFNOTE_SUSPEND_CANCEL, .long 1
        /* What we can live with; nothing is demanded of Xen ("!" would demand). */
        note XEN_ELFNOTE_FEATURES, .asciz "pae_pgdir_above_4gb"

        .section .note.GNU-stack, "", @progbits
