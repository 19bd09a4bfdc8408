# What images weigh, stripped. `hello` has no printf; `blkread` has, and a disk.
most_hello := 65536
most_blkread := 204800

check_groups += sizes
.PHONY: sizes
sizes: $(example_images) ## how many bytes the examples have, stripped
	$(Q)tests/sizes $(foreach image,$^,$(image)$(if \
	    $(most_$(basename $(notdir $(image)))),=$(most_$(basename $(notdir $(image))))))
