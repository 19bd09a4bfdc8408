# What images weigh, stripped, of what they may: `hello` has no printf, and is not there for long
# enough to obey the toolstack; `blkread` has both, and disks.
most_hello := 65536
most_blkread := 204800

check_groups += sizes
.PHONY: sizes
sizes: $(example_images) ## how many bytes the examples have, stripped
	$(Q)tests/sizes $(foreach image,$^,$(image)$(if \
	    $(most_$(basename $(notdir $(image)))),=$(most_$(basename $(notdir $(image))))))
