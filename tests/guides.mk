# The guides' snippets, compiled and run by tests (tests/guides/README.md).

guides := README.md $(wildcard docs/*.md)
guide_snippets := $(O)/include/guides

check_groups += guides
.PHONY: guides
guides: $(guide_snippets)/all.count ## whether a test sees every snippet of the guides
	$(Q)tests/count sum $@ $^

# Fails in this group alone: who includes a snippet that is not there does not compile.
$(guide_snippets)/all.count: tests/guides/snippets $(guides) tests/boot/cases/installed.py \
    $(wildcard tests/boot/guests/guides/* tests/sim/cases/guide.cpp)
	$(Q)mkdir -p $(@D)
	$(Q)tests/count run $@ $< $(@D) $(guides)

# Quick to compile; nothing of it is measured.
CXXFLAGS_guides := -O0

$(O)/obj/tests/boot/guests/guides/main.cpp.o $(O)/host/tests/sim/cases/guide.o: \
    $(guide_snippets)/all.count tests/guides.mk
