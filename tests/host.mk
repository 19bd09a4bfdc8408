# The tests that run on the build machine. Each group ends with one line, "group: N passed,
# N failed". What has passed does not run again until something that it uses changes.
#
#   SEED=n      every simulated case runs that one seed alone
#   CASE=name   only that file of tests/unit, tests/sim/cases or tests/model
#   SEEDS=n     percent of the usual number of seeds
#   TIME=n      how many seconds `make soak-sim` goes on

HOST_CXX ?= g++
CLANG_FORMAT ?= clang-format-19
CLANG_TIDY ?= clang-tidy-19

host := $(O)/host
host_compile := $(HOST_CXX) $(CXX_STANDARD) $(INCLUDES) $(DEFINES) \
    -Wall -Wextra -Wno-maybe-uninitialized -Wno-missing-field-initializers -Werror
host_sanitize := -fsanitize=address,undefined -fno-sanitize-recover
host_links := $(O)/include/lodger $(O)/xen-include/xen

host_unit := $(wildcard tests/unit/$(or $(CASE),*).cpp)
host_cases := $(wildcard tests/sim/cases/$(or $(CASE),*).cpp)
host_simulator := $(wildcard tests/sim/*.cpp tests/sim/store/*.cpp tests/sim/block/*.cpp)
host_models := $(wildcard tests/model/$(or $(CASE),*).cpp)
host_once := $(if $(SEED)$(SEEDS),.once)
host_programs := $(patsubst %.cpp,$(host)/%,$(host_unit) $(host_cases))
host_counts = $(patsubst %,$(host)/%.count,$(1))

# What applications may include and this machine can compile; runtime/ and arch/ are the guest's.
public_headers := $(wildcard $(addsuffix /*.hpp,core event grant ring store xenbus blkfront blkback console))

# All of them in a few translation units of about equal weight, since each costs the same beginning.
header_parts := base store devices
part_base := core event grant ring console
part_store := store
part_devices := xenbus blkfront blkback

check_groups += unit sim model headers nocompile check-format tidy
.PHONY: check quick unit sim sim-quick soak soak-sim model headers nocompile check-format tidy $(host)/again

check: ## all tests, those under emulated Xen included
	$(Q)MAKE='$(MAKE)' tests/check $(check_groups)

quick: unit sim-quick model headers nocompile check-format ## host tests of what has changed

unit: $(call host_counts,$(host_unit:.cpp=$(host_once))) ## unit tests [CASE=core_text]
	$(Q)tests/count sum $@ $^

sim: $(call host_counts,$(host_cases:.cpp=$(host_once))) ## simulated Xen [CASE=blkfront_io] [SEED=n] [SEEDS=percent]
	$(Q)LEAST_SEEDS=$(if $(SEED)$(SEEDS)$(CASE),0,10000) tests/count sum $@ $^

TIME ?= 600
soak: soak-sim soak-boot soak-sqlite ## what takes hours: the three below

soak-sim: $(host_cases:%.cpp=$(host)/%) ## simulated Xen with fresh seeds for TIME=600 seconds [CASE=blkfront_io]
	$(Q)tests/soak $(TIME) $^

sim-quick: export SEEDS := 10
sim-quick: $(call host_counts,$(host_cases:.cpp=$(or $(host_once),.quick)))
	$(Q)tests/count sum $@ $^

model: $(call host_counts,$(host_models:.cpp=)) ## all states of the handshake and of the rings [CASE=ring]
	$(Q)tests/count sum $@ $^

headers: $(call host_counts,$(public_headers:%=headers/%) $(header_parts:%=headers/%)) ## each compiles alone
	$(Q)tests/count sum $@ $^

nocompile: $(call host_counts,$(wildcard tests/nocompile/*.cpp)) ## what must not compile
	$(Q)tests/count sum $@ $^

check-format: $(host)/format.count ## whether all sources are formatted
	$(Q)tests/count sum $@ $^

tidy: $(call host_counts,$(header_parts:%=tidy/%)) ## clang-tidy over all headers
	$(Q)tests/count sum $@ $^

# --- Programs -----------------------------------------------------------------------------------

# A chosen seed or number of seeds runs each time, and is no reason to believe that all pass.
$(host)/%.count: $(host)/% tests/count
	$(Q)tests/count run $@ $<
$(host)/%.once.count: $(host)/% tests/count $(host)/again
	$(Q)tests/count run $@ $<
$(host)/%.quick.count: $(host)/% tests/count
	$(Q)tests/count run $@ $<
$(host)/again:

$(host_programs): %: %.o $(host)/libsim.a
	$(Q)$(HOST_CXX) $(host_sanitize) $^ -lCatch2WithMain $(host_libraries) -o $@

# What is below SQLite in examples/sqlite, below the same SQLite as Debian has it.
$(host)/tests/unit/examples_sqlite $(host)/tests/unit/examples_sqlite_crash: \
    host_libraries := -lsqlite3
$(host)/tests/unit/examples_sqlite $(host)/tests/unit/examples_sqlite_crash: \
    $(patsubst %,$(host)/examples/sqlite/%.o,block_cache database_disk vfs)

# POSIX's functions as a guest has them, called by the names guest_open, guest_stat and so on.
$(host)/tests/unit/posix_files $(host)/tests/unit/posix_names: $(host)/posix/guest.o \
    $(patsubst %,$(host)/tests/unit/support/%.o,guest_devices memory_file_system)

$(host)/posix/guest.o: $(patsubst %,$(host)/posix/%.o,attributes controls directories files mounts \
    names open positioned real_path space)
	$(Q)ld -r $^ -o $@.all
	$(Q)nm -g --defined-only $@.all | awk '$$3 ~ /^[a-z]/ {print $$3, "guest_" $$3}' > $@.names
	$(Q)objcopy --redefine-syms=$@.names $@.all $@

$(host)/libsim.a: $(host_simulator:%.cpp=$(host)/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

# -Og: half the time that -O1 takes to compile, and the simulator is fast enough.
$(host)/%.o: %.cpp Makefile tests/host.mk | $(host_links)
	$(Q)mkdir -p $(@D)
	$(Q)$(host_compile) -g -Og $(host_sanitize) -MMD -MP -c $< -o $@

# Without sanitizers, which make the models several times as slow; they touch no memory by address.
$(host)/tests/model/%.o: tests/model/%.cpp Makefile tests/host.mk | $(host_links)
	$(Q)mkdir -p $(@D)
	$(Q)$(host_compile) -g -O2 -MMD -MP -c $< -o $@

$(host_models:%.cpp=$(host)/%): %: %.o
	$(Q)$(HOST_CXX) $< -lCatch2WithMain -o $@

# --- Headers, and what must not compile ---------------------------------------------------------

# A header is included twice, and first: it needs nothing before it and guards itself.
$(host)/headers/%.hpp.count: %.hpp Makefile tests/host.mk tests/count | $(host_links)
	$(Q)mkdir -p $(@D)
	$(Q)printf '#include <lodger/%s>\n' $< $< > $(@:.count=.cpp)
	$(Q)tests/count run $@ $(host_compile) -fsyntax-only -MMD -MP -MT $@ -MF $(@:.count=.d) $(@:.count=.cpp)

# Without exceptions and RTTI, in a few translation units.
$(header_parts:%=$(host)/headers/%.count): $(host)/headers/%.count: $(host)/parts/%.cpp tests/count
	$(Q)mkdir -p $(@D)
	$(Q)tests/count run $@ $(host_compile) -fno-exceptions -fno-rtti -fsyntax-only $<

$(host)/parts/%.cpp: $(public_headers) Makefile tests/host.mk | $(host_links)
	$(Q)mkdir -p $(@D)
	$(Q)printf '#include <lodger/%s>\n' $(filter $(addsuffix /%,$(part_$*)),$(public_headers)) > $@

$(host)/tests/nocompile/%.cpp.count: tests/nocompile/%.cpp tests/nocompile/check Makefile \
    tests/host.mk tests/count | $(host_links)
	$(Q)mkdir -p $(@D)
	$(Q)tests/count run $@ tests/nocompile/check $< $(host_compile) -fsyntax-only \
	    -MMD -MP -MT $@ -MF $(@:.count=.d)

# --- Form ---------------------------------------------------------------------------------------

sources := $(shell git ls-files '*.hpp' '*.cpp')
$(host)/format.count: $(wildcard $(sources)) .clang-format tests/format
	$(Q)mkdir -p $(@D)
	$(Q)tests/format $@ $(CLANG_FORMAT) $(wildcard $(sources))

$(host)/tidy/%.count: $(host)/parts/%.cpp .clang-tidy tests/count
	$(Q)mkdir -p $(@D)
	$(Q)tests/count run $@ $(CLANG_TIDY) --quiet $< -- $(CXX_STANDARD) $(INCLUDES) $(DEFINES)

-include $(shell test -d $(host) && find $(host) -name '*.d')
