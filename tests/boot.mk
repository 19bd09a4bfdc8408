# What the boot tests have dom0 run.

$(O)/dom0/hands: tests/boot/dom0/hands.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror $< -o $@ -lxenstore

images: $(O)/dom0/hands
