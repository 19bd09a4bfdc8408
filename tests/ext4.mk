# tests/unit/ext4_*: ext4/ over the library that the guest has, compiled for the host with
# sanitizers.
ext4_tests := $(patsubst %.cpp,$(O)/host/%,$(wildcard tests/unit/ext4_*.cpp))
ext4_under_test := $(patsubst %.cpp,$(O)/host/%.o,$(filter-out ext4/mount.cpp,$(wildcard ext4/*.cpp)))
$(ext4_tests): $(ext4_under_test) $(ext4_host)
$(ext4_under_test) $(ext4_tests:=.o): host_compile += -isystem $(ext4_include) \
    -isystem $(ext4_source)/lib
$(ext4_under_test) $(ext4_tests:=.o): ext4/ext4.mk tests/ext4.mk | $(ext4_headers)

$(ext4_host): $(O)/host/ext4/library/%.o: $(ext4_source)/lib/ext2fs/%.c ext4/library/config.h ext4/ext4.mk tests/ext4.mk \
    $(ext4_headers)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -g -Og $(host_sanitize) $(ext4_flags) -c $< -o $@
