# What there is to make: `make help`.

O := build$(SANITIZE:%=-%)
CXX_STANDARD := -std=c++23

# The guest's compiler is the host's, with newlib and libstdc++ built for the guest.
SYSROOT := $(O)/sysroot
GUEST_CC := LODGER_SYSROOT=$(SYSROOT) tools/toolchain/x86_64-elf-gcc
GUEST_CXX := LODGER_SYSROOT=$(SYSROOT) tools/toolchain/x86_64-elf-g++

# Shared with the host's tests: where headers are found, and which of Xen's interface versions.
INCLUDES := -I$(O)/include -idirafter $(O)/xen-include
DEFINES := -D__XEN_INTERFACE_VERSION__=0x00040e00
# Xen's headers use uint32_t and its like without including what declares them.
XEN_CXXFLAGS := $(INCLUDES) $(DEFINES) -include stdint.h
# GCC 12 takes the error of a std::expected that holds none for read uninitialised.
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-maybe-uninitialized -Werror

# What all code of a guest is compiled with, an installed lodger-c++ included. No red zone: a PV
# event frame overwrites it. Frame pointers: for backtraces.
CODE_FLAGS := -mno-red-zone -mcmodel=small -fno-pic -fcf-protection=none \
    -ffunction-sections -fdata-sections -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer \
    -fstack-clash-protection -fstack-protector-strong -mstack-protector-guard=global
MACHINE := -O2 -g $(CODE_FLAGS) -ffile-prefix-map=$(CURDIR)=.
GUEST_FLAGS := $(MACHINE) $(XEN_CXXFLAGS) $(WARNINGS)
# The unwinder's tables are for applications with exceptions, and come with -fexceptions.
LIBRARY_CXXFLAGS := $(CXX_STANDARD) $(GUEST_FLAGS) -fno-exceptions -fno-rtti \
    -fno-asynchronous-unwind-tables -include lodger/runtime/no_exceptions.hpp
# SANITIZE=undefined has all code report and panic where it would do something undefined
# (runtime/undefined.cpp), in a build folder of its own.
SANITIZE_undefined := -fsanitize=undefined -fno-sanitize=vptr
ifneq ($(SANITIZE),)
LIBRARY_CXXFLAGS += $(or $(SANITIZE_$(SANITIZE)),$(error SANITIZE=$(SANITIZE): there is only `undefined`))
endif
# An application may have its own flags in its directory's flags.mk (CXXFLAGS_<name> += ...).
APPLICATION_CXXFLAGS := $(LIBRARY_CXXFLAGS)

# The linker's own words: tools/install hands the same ones to an installed linker.
LINK_OPTIONS := --gc-sections --eh-frame-hdr -zmax-page-size=64 -zcommon-page-size=64 --build-id=none \
    --no-warn-rwx-segments
LIBRARY_NAMES := -lstdc++ -lc -lm -lgcc_eh -lgcc
LDFLAGS := -Btools/linker/ -nostdlib -static -no-pie -T linker.ld $(LINK_OPTIONS:%=-Wl,%) \
    -L$(SYSROOT)/lib
LIBRARIES := -Wl,--start-group $(O)/liblodger.a $(LIBRARY_NAMES) -Wl,--end-group

# Quiet, unless V=1.
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '%-8s%s\n'
endif

library_sources := $(wildcard arch/x86/*.cpp arch/x86/*/*.cpp runtime/*.cpp posix/*.cpp \
    arch/x86/*.S arch/x86/*/*.S)
library_objects := $(library_sources:%=$(O)/obj/%.o)
examples := $(notdir $(patsubst %/main.cpp,%,$(wildcard examples/*/main.cpp)))
test_guests := $(notdir $(patsubst %/main.cpp,%,$(wildcard tests/boot/guests/*/main.cpp)))
example_images := $(examples:%=$(O)/images/%.elf)
test_images := $(test_guests:%=$(O)/images/tests/%.elf)

.DEFAULT_GOAL := all
.PHONY: all help toolchain images run gdb format clean
.DELETE_ON_ERROR:
.SECONDARY:

all: images ## the guest's toolchain, the library and all images (the default)

help: ## this list
	@echo 'make TARGET...  (V=1 shows every command)'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

toolchain: $(SYSROOT).stamp ## newlib and libstdc++ for the guest, unless they are there

images: $(example_images) $(test_images) ## build/images/<example>.elf, build/images/tests/*.elf

# What is asked for by name; DISK= may be given several times in quotes, separated by blanks.
EXAMPLE ?= hello
MEMORY ?= 16
MODE ?= pv
TIMEOUT ?= 120
run: $(O)/images/$(EXAMPLE).elf ## run EXAMPLE=hello [DISK=file] [ARGS=".."] [MEMORY=16] [MODE=pv]
	$(Q)tools/lodger-run $< --memory $(MEMORY) --mode $(MODE) --timeout $(TIMEOUT) \
	    $(foreach disk,$(DISK),--disk $(disk)) $(if $(ARGS),--args="$(ARGS)")

gdb: $(O)/images/$(EXAMPLE).elf ## as run, stopped at main under gdb
	$(Q)tools/lodger-run $< --gdb --memory $(MEMORY) --mode $(MODE) --timeout $(TIMEOUT) \
	    $(foreach disk,$(DISK),--disk $(disk)) $(if $(ARGS),--args="$(ARGS)")

format: ## the C++ sources as .clang-format wants them
	$(Q)command -v clang-format-19 >/dev/null || \
	    { echo 'clang-format-19 is missing: apt-get install clang-format-19' >&2; exit 1; }
	$(Q)git ls-files '*.hpp' '*.cpp' | xargs clang-format-19 -i

clean: ## removes what was built (not the toolchain, which is in the cache)
	$(Q)rm -rf $(O)

# --- The toolchain and what it finds headers in -------------------------------------------------

# Asked every time, since only the script knows; the stamp changes only when the answer does. Phony,
# or `.SECONDARY` would have it not missed.
$(SYSROOT).stamp: FORCE
	$(Q)mkdir -p $(O)
	$(Q)path=$$(tools/toolchain/build) && test -n "$$path" && \
	    if [ "$$path" != "$$(cat $@ 2>/dev/null)" ]; then \
	        ln -sfn "$$path" $(SYSROOT) && echo "$$path" > $@; fi
.PHONY: FORCE
FORCE:

$(O)/include/lodger:
	$(Q)mkdir -p $(@D) && ln -sfn ../.. $@

$(O)/xen-include/xen:
	$(Q)test -d /usr/include/xen || \
	    { echo "Xen's headers are missing: apt-get install libxen-dev" >&2; exit 1; }
	$(Q)mkdir -p $(@D) && ln -sfn /usr/include/xen $@

before_compiling := $(SYSROOT).stamp Makefile | $(O)/include/lodger $(O)/xen-include/xen

# --- The library --------------------------------------------------------------------------------

# An exception of the application's may pass through these.
$(O)/obj/posix/once.cpp.o $(O)/obj/runtime/new.cpp.o: APPLICATION_CXXFLAGS += -fexceptions

# Small, but for what a request to a disk, a wait or a thread's turn goes through, and what clears
# pages: small is a byte at a time.
fast_sources := $(filter-out posix/process.cpp,$(wildcard posix/*.cpp)) \
    arch/x86/foreign_pages.cpp arch/x86/frames.cpp \
    $(patsubst %,runtime/%.cpp,c_library_state grants guest new page_allocator scheduler timer)
$(patsubst %,$(O)/obj/%.o,$(filter-out $(fast_sources),$(filter %.cpp,$(library_sources)))): \
    APPLICATION_CXXFLAGS += -Os

$(O)/obj/%.cpp.o: %.cpp $(before_compiling)
	$(say) CXX $<
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CXX) $(APPLICATION_CXXFLAGS) $(CXXFLAGS_$(notdir $(patsubst %/,%,$(<D)))) \
	    -MMD -MP -c $< -o $@

$(O)/obj/%.S.o: %.S $(before_compiling)
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(INCLUDES) $(DEFINES) -D__ASSEMBLY__ -g -ffile-prefix-map=$(CURDIR)=. \
	    -MMD -MP -c $< -o $@

$(O)/liblodger.a: $(library_objects)
	$(say) AR $@
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $^

# --- Images -------------------------------------------------------------------------------------

define link
$(say) LINK $@
$(Q)mkdir -p $(@D)
$(Q)$(GUEST_CXX) $(LDFLAGS) $(filter %.o,$^) $(filter %-ext4.a,$^) $(LIBRARIES) -o $@
endef

link_inputs := $(O)/liblodger.a linker.ld tools/linker/ld tools/symbols

.SECONDEXPANSION:
objects_of = $(patsubst %,$(O)/obj/%.o,$(wildcard $(1)/*.cpp))

$(test_images): $(O)/images/%.elf: $$(call objects_of,$$(subst tests/,tests/boot/guests/,$$*)) \
    $(link_inputs)
	$(link)

$(example_images): $(O)/images/%.elf: $$(call objects_of,examples/$$*) $(link_inputs)
	$(link)

# What else they are compiled with.
$(foreach flags,$(wildcard examples/*/flags.mk), \
    $(eval $(call objects_of,$(flags:%/flags.mk=%)): $(flags)))

include ext4/ext4.mk
include tools/install/install.mk
include tools/site/site.mk
-include $(wildcard examples/*/flags.mk)
-include $(wildcard tests/*.mk)
-include $(shell test -d $(O)/obj && find $(O)/obj -name '*.d')
-include $(wildcard bench/*.mk)
