# The guides and the reference of the public headers, as a site (tools/site/Doxyfile).

site_inputs := $(shell git ls-files '*.md' '*.hpp') $(wildcard tools/site/*)

check_groups += check-site
.PHONY: site check-site
site: $(O)/site/index.html ## the guides and the reference, build/site/index.html
	@echo $<

check-site: $(O)/site.count ## whether the site can be made, and all its links lead somewhere
	$(Q)tests/count sum $@ $^

$(O)/site/index.html: $(wildcard $(site_inputs))
	$(Q)command -v doxygen >/dev/null || \
	    { echo 'doxygen is missing: apt-get install --no-install-recommends doxygen' >&2; exit 1; }
	$(Q)mkdir -p $(@D)
	$(Q){ cat tools/site/Doxyfile; echo OUTPUT_DIRECTORY=$(@D); echo WARN_LOGFILE=$(O)/site.warnings; } \
	    | doxygen -

# Doxygen tells of links that lead nowhere, and goes on.
$(O)/site.count: $(O)/site/index.html
	$(Q)tests/count run $@ sh -c '! grep . $(O)/site.warnings'
