# Benchmarks that run on the build machine (bench/store/README.md).

bench := $(O)/bench
bench_compile := $(HOST_CXX) $(CXX_STANDARD) $(INCLUDES) $(DEFINES) -Wall -Wextra \
    -Wno-maybe-uninitialized -Wno-missing-field-initializers -Werror -O2 -g
bench_store_objects := $(patsubst %,$(bench)/%.o,bench/store/main tests/xenstored/daemon \
    tests/xenstored/host_domain)

.PHONY: bench-store
bench-store: $(bench)/store $(xenstored_shim) $(machine_root)/.recipe ## XenStore reads a second, against libxenstore
	$(Q)$< $(O)/bench/store.json

$(bench)/store: $(bench_store_objects)
	$(say) LINK $@
	$(Q)$(HOST_CXX) $^ -lxenstore -o $@

$(bench)/%.o: %.cpp bench/bench.mk | $(O)/include/lodger $(O)/xen-include/xen
	$(say) CXX $<
	$(Q)mkdir -p $(@D)
	$(Q)$(bench_compile) -MMD -MP -c $< -o $@

-include $(shell test -d $(bench) && find $(bench) -name '*.d')
