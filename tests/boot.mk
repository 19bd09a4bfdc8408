# What the boot tests have dom0 run.

$(O)/dom0/hands: tests/boot/dom0/hands.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror $< -o $@ -lxenstore

# Nothing of it is dom0's, so it brings its own C library.
$(O)/dom0/map: tests/boot/dom0/map.c
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror -static $< -o $@

images: $(O)/dom0/hands $(O)/dom0/map

CXXFLAGS_undefined += $(SANITIZE_undefined)
$(call objects_of,tests/boot/guests/undefined): tests/boot.mk

$(O)/images/tests/unheard.elf: $(ext4_archive)

# A disk that is attached and detached so many times, under load, with all else that xl does.
REPEAT ?= 50
ROUNDS ?= 100
.PHONY: soak-boot soak-sqlite toolstacks
soak-boot: images ## attach and detach a disk REPEAT=50 times under emulated Xen
	$(Q)tests/boot/run --only journey --repeat $(REPEAT)

soak-sqlite: images ## destroy a guest with a database ROUNDS=100 times under emulated Xen
	$(Q)tests/boot/run --only sqlite-destroyed --repeat $(ROUNDS)

toolstacks: images ## guests under libvirt, and on DRBD, under emulated Xen (docs/toolstacks.md)
	$(Q)tests/boot/run --toolstacks
