# libext2fs, from Debian's source package of e2fsprogs, which `tools/setup build` unpacks, and what
# stands over it: $(O)/liblodger-ext4.a. Only an image that asks for it has it.
ext4_source := $(shell . tools/cache.sh && echo $$LODGER_CACHE)/source-packages-root/e2fsprogs
ext4_include := $(O)/ext4/include
ext4_archive := $(O)/liblodger-ext4.a

# Of lib/ext2fs: all that opening, reading and changing a file system comes to. Not there: how to
# make one, and all that knows devices of an operating system.
ext4_parts := alloc alloc_sb alloc_stats alloc_tables badblocks bb_inode bitmaps bitops blkmap64_ba \
    blkmap64_rb blknum block bmap check_desc closefs crc16 crc32c csum dirblock dirhash dir_iterate \
    expanddir ext_attr extent fallocate fileio freefs gen_bitmap gen_bitmap64 get_num_dirs hashmap \
    i_block icount ind_block inline inline_data inode io_manager link lookup mkdir mmp \
    namei newdir openfs orphan punch rbtree read_bb rw_bitmaps sha512 swapfs symlink unlink valid_blk
ext4_headers := $(addprefix $(ext4_include)/,ext2fs/ext2_types.h ext2fs/ext2_err.h crc32c_table.h)
ext4_flags := -w -DHAVE_CONFIG_H -Iext4/library -I$(ext4_include) -I$(ext4_include)/ext2fs \
    -I$(ext4_source)/lib -I$(ext4_source)/lib/ext2fs
ext4_guest := $(patsubst %,$(O)/obj/ext4/library/%.o,$(ext4_parts))
ext4_host := $(patsubst %,$(O)/host/ext4/library/%.o,$(ext4_parts))

# An archive that is installed must not name the cache of who has built it.
ext4_names := -ffile-prefix-map=$(ext4_source)=e2fsprogs

# For C++: only ext4/ itself includes the library's headers.
CXXFLAGS_ext4 += -isystem $(ext4_include) -isystem $(ext4_source)/lib $(ext4_names)
ext4_objects := $(patsubst %,$(O)/obj/%.o,$(wildcard ext4/*.cpp))
$(ext4_objects): ext4/ext4.mk | $(ext4_headers)

$(ext4_archive): $(ext4_objects) $(ext4_guest)
	$(say) AR $@
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $^

$(ext4_guest): $(O)/obj/ext4/library/%.o: $(ext4_source)/lib/ext2fs/%.c \
    ext4/library/config.h ext4/ext4.mk $(before_compiling) $(ext4_headers)
	$(say) CC ext2fs/$*.c
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(MACHINE) $(ext4_names) -Os $(ext4_flags) -c $< -o $@

.PRECIOUS: $(ext4_source)/lib/%
$(ext4_source)/lib/%:
	$(Q)tools/setup build && test -f $@

# What its makefiles generate.
$(ext4_include)/ext2fs/ext2_types.h: $(ext4_source)/lib/ext2fs/ext2_types.h.in
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's/@[A-Z_]*_HEADER@//' \
	    -e 's/@SIZEOF_SHORT@/2/; s/@SIZEOF_INT@/4/' \
	    -e 's/@SIZEOF_LONG@/8/; s/@SIZEOF_LONG_LONG@/8/' $< > $@

$(ext4_include)/ext2fs/ext2_err.h: $(ext4_source)/lib/ext2fs/ext2_err.et.in
	$(Q)mkdir -p $(@D)
	$(Q)awk -f $(ext4_source)/lib/et/et_h.awk outfile=$@ outfn=ext2_err.h $<

$(ext4_include)/crc32c_table.h: $(ext4_source)/lib/ext2fs/gen_crc32ctable.c
	$(Q)mkdir -p $(@D)
	$(Q)gcc-12 -I$(ext4_source)/lib/ext2fs $< -o $(@D)/gen_crc32ctable && $(@D)/gen_crc32ctable > $@
