# Benchmarks: on the build machine, and on the emulated machine (docs/performance.md).

bench := $(O)/bench
bench_compile := $(HOST_CXX) $(CXX_STANDARD) $(INCLUDES) $(DEFINES) -Wall -Wextra \
    -Wno-maybe-uninitialized -Wno-missing-field-initializers -Werror -O2 -g
bench_store_objects := $(patsubst %,$(bench)/%.o,bench/store/main tests/xenstored/daemon \
    tests/xenstored/host_domain)
bench_images := $(patsubst bench/%/guest/main.cpp,$(O)/images/bench/%.elf, \
    $(wildcard bench/*/guest/main.cpp))
bench_linux := $(patsubst bench/%.c,$(bench)/%,$(wildcard bench/linux/*.c))

.PHONY: bench bench-profile bench-ring bench-store
bench: sizes $(bench_images) $(bench_linux) $(bench)/linux/sqlitebench $(O)/images/hello.elf bench-ring ## figures against Linux [ONLY=store] [SETUP=pv]
	$(Q)bench/run $(if $(ONLY),--only $(ONLY)) $(if $(SETUP),--setup $(SETUP))

bench-profile: $(O)/images/bench/block.elf $(bench)/profile.so ## where a request's instructions go [SETUP=pv] [ACCESS="randread 4096 32"] [SOURCES=1]
	$(Q)bench/profile/run $(if $(SETUP),--setup $(SETUP)) $(if $(ACCESS),--access "$(ACCESS)") $(if $(SOURCES),--sources)

$(bench)/profile.so: bench/profile/count.c bench/bench.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden $< -o $@

bench-ring: $(bench)/ring ## the ring on this machine, against the macros of Xen's ring.h
	$(Q)bench/ring/run $< $(bench)/ring.json

bench-store: $(bench)/store $(xenstored_shim) $(machine_root)/.recipe ## XenStore reads a second, against libxenstore
	$(Q)$< $(O)/bench/store.json

$(bench)/store: $(bench_store_objects)
	$(say) LINK $@
	$(Q)$(HOST_CXX) $^ -lxenstore -o $@

$(bench)/ring: $(bench)/bench/ring/main.o
	$(say) LINK $@
	$(Q)$(HOST_CXX) $^ -lbenchmark -o $@

$(bench)/%.o: %.cpp Makefile bench/bench.mk | $(O)/include/lodger $(O)/xen-include/xen
	$(say) CXX $<
	$(Q)mkdir -p $(@D)
	$(Q)$(bench_compile) -MMD -MP -c $< -o $@

$(bench_images): $(O)/images/%.elf: $$(call objects_of,$$*/guest) $(link_inputs)
	$(link)

# The same SQLite on both sides, but for what it stands on.
$(O)/images/bench/sqlite.elf: $(sqlite_database) $(O)/obj/sqlite/speedtest1.o
$(O)/obj/bench/sqlite/guest/main.cpp.o: $(sqlite)/sqlite3.h bench/bench.mk
$(O)/obj/bench/sqlite/guest/main.cpp.o: APPLICATION_CXXFLAGS += -isystem $(sqlite)

bench_sqlite := $(bench)/linux/sqlitebench
$(bench_sqlite): bench/sqlite/linux.c $(sqlite)/sqlite3.c bench/bench.mk
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)gcc-12 -O2 -w -static $(DEFINES) -idirafter $(O)/xen-include -I$(sqlite) $(SQLITE_OPTIONS) \
	     $< $(sqlite)/sqlite3.c \
	    $(bench)/speedtest1.o -lm -o $@
$(bench_sqlite): $(bench)/speedtest1.o
$(bench)/speedtest1.o: $(sqlite)/sqlite3.h
	$(Q)mkdir -p $(@D)
	$(Q)gcc-12 -O2 -w -I$(sqlite) -Dmain=speedtest1_main -c $(sqlite_source)/test/speedtest1.c -o $@

# The Linux guest has no libraries.
$(bench)/linux/%: bench/linux/%.c Makefile bench/bench.mk | $(O)/xen-include/xen
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -static $(DEFINES) -idirafter $(O)/xen-include \
	    -MMD -MP $< -o $@

-include $(shell test -d $(bench) && find $(bench) -name '*.d')
