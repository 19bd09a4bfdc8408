# Programs that print the same in a guest as on the build machine (tests/conformance). They are
# ordinary C++, exceptions and all.

CXXFLAGS_conformance := -fexceptions -frtti -Wno-format-truncation

# In a guest their files are in memory.
conformance_guest := $(patsubst %.cpp,$(O)/obj/%.cpp.o,$(wildcard tests/conformance/guest/*.cpp) \
    tests/unit/support/memory_file_system.cpp)
$(conformance_guest) $(call objects_of,tests/conformance): tests/conformance.mk
$(conformance_guest): APPLICATION_CXXFLAGS += $(CXXFLAGS_conformance) -Wno-missing-field-initializers

$(O)/images/tests/conformance.elf: $(O)/images/%.elf: $$(call objects_of,tests/conformance) \
    $(conformance_guest) $(link_inputs)
	$(link)

conformance_sources := $(wildcard tests/conformance/*.cpp)
conformance_host := $(conformance_sources:%.cpp=$(O)/host/%.o)

# The compiler that the guest's is made of: what an exception says is its library's to choose.
$(conformance_host): $(O)/host/%.o: %.cpp Makefile tests/conformance.mk
	$(say) CXX $@
	$(Q)mkdir -p $(@D)
	$(Q)g++-12 $(CXX_STANDARD) -O2 $(WARNINGS) $(CXXFLAGS_conformance) -MMD -MP -c $< -o $@

$(O)/host/conformance: $(conformance_host)
	$(Q)g++-12 $^ -pthread -o $@

images: $(O)/images/tests/conformance.elf $(O)/host/conformance

# --- newlib's own tests -------------------------------------------------------------------------

# Those that apply: there are no wide locales, no iconv and no mmap, and `towctrans` does not link. Each test's `main` becomes a
# function, and its other names stay its own.
newlib_tests := size_max=newlib.stdlib/size_max nulprintf=newlib.stdio/nulprintf \
    swprintf=newlib.stdio/swprintf memcpy=newlib.string/memcpy-1 memmove=newlib.string/memmove1 \
    strcmp=newlib.string/strcmp-1 tstring=newlib.string/tstring hsearch=newlib.search/hsearchtest \
    tiswctype=newlib.wctype/tiswctype \
    twctype=newlib.wctype/twctype atexit=newlib.stdlib/atexit
newlib_names := $(foreach test,$(newlib_tests),$(firstword $(subst =, ,$(test))))
newlib_source = $(lastword $(subst =, ,$(filter $(1)=%,$(newlib_tests)))).c
newlib_suite := $(O)/newlib-testsuite

$(newlib_suite)/.unpacked: $(SYSROOT).stamp
	$(Q)mkdir -p $(@D)
	$(Q). tools/cache.sh && tar -xf "$$LODGER_CACHE"/sources-root/usr/src/newlib/newlib-*.tar.xz \
	    -C $(@D) --strip-components=3 newlib-salsa/newlib/testsuite
	$(Q)touch $@

$(newlib_names:%=$(O)/obj/newlib/%.o): $(O)/obj/newlib/%.o: $(newlib_suite)/.unpacked Makefile \
    tests/conformance.mk
	$(say) CC newlib/$*
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(MACHINE) -w -I$(newlib_suite)/include -Dmain=newlib_$* \
	    $(if $(filter atexit,$*),,-Dexit=newlib_test_exit) \
	    -c $(newlib_suite)/$(call newlib_source,$*) -o $@
	$(Q)objcopy --keep-global-symbol=newlib_$* $@

$(O)/images/tests/newlib.elf: $(O)/images/%.elf: $$(call objects_of,tests/conformance/newlib) \
    $(newlib_names:%=$(O)/obj/newlib/%.o) $(link_inputs)
	$(link)

images: $(O)/images/tests/newlib.elf
