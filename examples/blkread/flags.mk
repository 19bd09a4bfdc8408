# SHA-256 comes from libmd, which `tools/setup build` unpacks.
libmd := $(shell . tools/cache.sh && echo $$LODGER_CACHE)/sources-root/usr
CXXFLAGS_blkread += -isystem $(libmd)/include
$(O)/images/blkread.elf: LIBRARIES += $(libmd)/lib/x86_64-linux-gnu/libmd.a
