# What images weigh, stripped. `hello` has no printf, but the whole of XenStore's client and of what
# obeys the toolstack.
most_hello := 139264

check_groups += sizes
.PHONY: sizes
sizes: $(example_images) ## how many bytes the examples have, stripped
	$(Q)tests/sizes $(foreach image,$^,$(image)$(if \
	    $(most_$(basename $(notdir $(image)))),=$(most_$(basename $(notdir $(image))))))
