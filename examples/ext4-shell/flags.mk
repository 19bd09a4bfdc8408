include examples/support/line_editor.mk
# SHA-256 comes from libmd, which `tools/setup build` unpacks.
libmd := $(shell . tools/cache.sh && echo $$LODGER_CACHE)/sources-root/usr
CXXFLAGS_ext4-shell += -isystem $(libmd)/include
$(O)/images/ext4-shell.elf: LIBRARIES += $(libmd)/lib/x86_64-linux-gnu/libmd.a
$(O)/images/ext4-shell.elf: $(line_editor) $(ext4_archive)
