# The tests that need no Xen: they run on the build machine. Each group ends with one line,
# "group: N passed, N failed". What has passed is not run again until something it uses changes.
#
#   SEED=n     runs that one seed of every simulated case; CASE=name chooses the case
#   SEEDS=n    percent of the usual number of seeds

HOST_CXX ?= g++
HOST_FLAGS := -std=c++23 -g -Og -Wall -Wextra -Wno-missing-field-initializers \
	-fsanitize=address,undefined -fno-sanitize-recover \
	-D__XEN_INTERFACE_VERSION__=0x00040e00 -Ibuild/include -idirafter build/xen-include
host := build/host

host_sim_sources := $(wildcard tests/sim/*.cpp tests/sim/store/*.cpp tests/sim/block/*.cpp)
host_sim_objects := $(host_sim_sources:%.cpp=$(host)/%.o)
host_unit := $(patsubst %.cpp,$(host)/%,$(wildcard tests/unit/*.cpp))
host_cases := $(patsubst %.cpp,$(host)/%,$(wildcard tests/sim/cases/*.cpp))
host_run := tests/run-host

.PHONY: unit sim
unit: $(host_unit:=.count)
	@$(host_run) --sum unit $^
sim: $(host_cases:=.count)
	@$(host_run) --sum sim $^

$(host)/%.count: $(host)/%
	@$(host_run) $< $@

$(host_unit) $(host_cases): %: %.o $(host)/libsim.a
	@$(HOST_CXX) -fsanitize=address,undefined $^ -lCatch2WithMain -o $@

$(host)/libsim.a: $(host_sim_objects)
	@rm -f $@ && ar rcs $@ $^

$(host)/%.o: %.cpp
	@mkdir -p $(@D)
	@$(HOST_CXX) $(HOST_FLAGS) -MMD -MP -c $< -o $@

.SECONDARY:
-include $(shell find $(host) -name '*.d' 2>/dev/null)
