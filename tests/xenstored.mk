# The client against Debian's real C xenstored on this machine (tests/xenstored/README.md), and
# the same cases against the simulator's.

xenstored_programs := against_daemon against_simulator failures
xenstored_objects := $(patsubst %,$(host)/tests/xenstored/%.o,daemon host_domain)
machine_root := $(shell . tools/cache.sh && echo "$$LODGER_CACHE/machine-root")
xenstored_shim := $(O)/host/tests/xenstored/shim.so

# With its own C library and loader, so that nothing of it need be installed here.
export XENSTORED = $(machine_root)/lib64/ld-linux-x86-64.so.2 \
    --library-path $(machine_root)/usr/lib/x86_64-linux-gnu --preload $(abspath $(xenstored_shim)) \
    $(machine_root)/usr/lib/xen-4.17/bin/xenstored

xenstored_counts := $(xenstored_programs:%=$(host)/tests/xenstored/%$(host_once).count)

check_groups += xenstored
.PHONY: xenstored
xenstored: $(xenstored_counts) ## the client against the real xenstored
	$(Q)tests/count sum $@ $^

$(patsubst %,$(host)/tests/xenstored/%,$(xenstored_programs)): %: %.o $(xenstored_objects) \
    $(host)/libsim.a
	$(say) LINK $@
	$(Q)$(HOST_CXX) $(host_sanitize) $^ -lCatch2WithMain -o $@

$(xenstored_counts): $(xenstored_shim) $(machine_root)/.recipe

$(xenstored_shim): tests/xenstored/shim.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Wno-unused-parameter -Werror -fPIC -shared $< -o $@ -ldl

$(machine_root)/.recipe:
	$(Q)tools/setup machine
