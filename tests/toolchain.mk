# The guest's C and C++ libraries (tools/toolchain).

check_groups += check-toolchain
.PHONY: check-toolchain
check-toolchain: $(O)/toolchain.count ## whether programs can be made of the guest's libraries alone
	$(Q)tests/count sum $@ $^

$(O)/toolchain.count: $(SYSROOT).stamp $(wildcard tools/toolchain/*) tests/count
	$(Q)mkdir -p $(@D)
	$(Q)tests/count run $@ tools/toolchain/check
