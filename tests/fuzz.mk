# Fuzzers of everything that a peer can say or do (tests/fuzz/README.md).
#
#   FUZZ_TIME=seconds   how long each runs in `make fuzz`
#   TARGET=name         only that one

FUZZ_CXX ?= clang++-19
FUZZ_TIME ?= 600
fuzz := $(O)/fuzz
comma := ,
fuzz_targets := $(or $(TARGET),$(basename $(notdir $(wildcard tests/fuzz/targets/*.cpp))))
fuzz_compile := $(FUZZ_CXX) $(CXX_STANDARD) $(INCLUDES) $(DEFINES) -Wall -Wextra \
    -Wno-missing-field-initializers -Werror -g -O1 \
    -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
# How far the short run goes: two to four seconds, the same each time.
fuzz_runs_session := 12000
fuzz_runs_connection := 10000
fuzz_runs_keys := 10000
fuzz_runs_queue := 10000
fuzz_runs_device := 100
fuzz_options := -max_len=2048 -len_control=0 -timeout=20 -print_final_stats=0

check_groups += fuzz-check
.PHONY: fuzz fuzz-check
fuzz-check: $(fuzz_targets:%=$(fuzz)/%.count) ## each fuzzer for a few seconds, and all that was found [TARGET=queue]
	$(Q)tests/count sum fuzz $^

fuzz: $(fuzz_targets:%=$(fuzz)/%.long) ## each fuzzer for FUZZ_TIME=600 seconds [TARGET=queue]

$(fuzz)/%: tests/fuzz/targets/%.cpp Makefile tests/fuzz.mk | $(O)/include/lodger $(O)/xen-include/xen
	$(say) FUZZ $<
	$(Q)mkdir -p $(@D)
	$(Q)$(fuzz_compile) -MMD -MP -MF $@.d $< $(filter %.a,$^) -o $@

# What a disk needs around it is the simulated machine, built once more with the fuzzer's compiler.
fuzz_simulator := $(filter-out %/seeds.cpp,\
    $(wildcard tests/sim/*.cpp tests/sim/store/*.cpp tests/sim/block/*.cpp))
$(fuzz)/device: $(fuzz)/libsim.a
$(fuzz)/libsim.a: $(fuzz_simulator:%.cpp=$(fuzz)/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

$(fuzz)/tests/sim/%.o: tests/sim/%.cpp Makefile tests/fuzz.mk | $(O)/include/lodger $(O)/xen-include/xen
	$(Q)mkdir -p $(@D)
	$(Q)$(subst =fuzzer$(comma),=fuzzer-no-link$(comma),$(fuzz_compile)) -MMD -MP -c $< -o $@

# What is kept is run as it is; then from there, always the same way, into a folder that is thrown away.
$(fuzz)/%.count: $(fuzz)/% tests/count tests/fuzz/check $$(wildcard tests/fuzz/corpus/$$*/*)
	$(Q)tests/count run $@ tests/fuzz/check $< tests/fuzz/corpus/$* -seed=1 \
	    -runs=$(or $(fuzz_runs_$*),40000) $(fuzz_options)

# Goes on where the last long run ended; a failing input is left beside the program.
$(fuzz)/%.long: $(fuzz)/% FORCE
	$(Q)mkdir -p $(fuzz)/corpus/$*
	$(Q)$< $(fuzz)/corpus/$* tests/fuzz/corpus/$* -max_total_time=$(FUZZ_TIME) $(fuzz_options) \
	    -artifact_prefix=$(fuzz)/$*- -verbosity=0

-include $(shell test -d $(fuzz) && find $(fuzz) -name '*.d')
