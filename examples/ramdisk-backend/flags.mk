# SHA-256 comes from libmd, which `tools/setup build` unpacks.
CXXFLAGS_ramdisk-backend += -isystem $(shell . tools/cache.sh && echo $$LODGER_CACHE)/sources-root/usr/include
$(O)/images/ramdisk-backend.elf: LIBRARIES += \
    $(shell . tools/cache.sh && echo $$LODGER_CACHE)/sources-root/usr/lib/x86_64-linux-gnu/libmd.a
