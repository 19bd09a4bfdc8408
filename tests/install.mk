# Lodger installed elsewhere, and used there (tests/install/README.md).

install_tests := $(O)/install
install_cases := $(notdir $(wildcard tests/install/cases/*))
install_inputs = $(installed_archives) linker.ld Makefile docs/getting-started.md $(installed_headers) \
    $(wildcard tools/install/* tools/install/*/* $(installed_tools:%=tools/%))

check_groups += check-install
.PHONY: check-install installed-images
check-install: $(install_cases:%=$(install_tests)/%.count) ## Lodger installed elsewhere, and used there
	$(Q)tests/count sum $@ $^

# What tests/boot runs of it.
installed-images: $(patsubst %,$(install_tests)/%.count,by-hand pkg-config cmake package)

$(install_tests)/%.count: tests/install/cases/% $(wildcard tests/install/project/*) \
    tests/install/support.sh tests/install/guide $(install_tests)/moved.stamp
	$(Q)tests/count run $@ $< $(abspath $(install_tests)/moved) $(abspath $(O)/images/installed)

$(install_tests)/moved.stamp: $(install_inputs)
	$(say) INSTALL $(@:.stamp=)
	$(Q)rm -rf $(install_tests)/first $(install_tests)/moved
	$(Q)$(MAKE) --no-print-directory install PREFIX=$(abspath $(install_tests)/first) DESTDIR= >/dev/null
	$(Q)mv $(install_tests)/first $(install_tests)/moved && touch $@
