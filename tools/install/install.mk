# Installing Lodger, and the Debian package of it (README.md says what lies where).
#
#   PREFIX    where it will be found, /usr/local unless given; it may be moved as a whole later
#   DESTDIR   where to put it instead, for packaging

VERSION := 0.1.0
PREFIX ?= /usr/local
install_from := tools/install
install_root = $(DESTDIR)$(PREFIX)
install_home = $(install_root)/lib/lodger
install_doc = $(install_root)/share/doc/lodger

# To make and to the shell they would be several names, of which the first one is removed.
ifneq ($(filter install uninstall,$(MAKECMDGOALS)),)
ifneq ($(words <$(DESTDIR)><$(PREFIX)>),1)
$(error PREFIX and DESTDIR must be without blanks: '$(DESTDIR)' '$(PREFIX)')
endif
endif

header_directories := core event grant ring store xenbus blkfront blkback console arch runtime posix
installed_headers := $(shell find $(header_directories) -name '*.hpp') \
    $(patsubst %,ext4/%.hpp,file_system medium mount options)
installed_archives := $(O)/liblodger.a $(ext4_archive)
# lodger-run and all that it needs, in the same places to each other as in tools/.
installed_tools := lodger-run lodger-xlcfg symbols cache.sh setup linker/ld \
    $(patsubst tools/%,%,$(wildcard tools/machine/*.py tools/machine/dom0/* tools/packages/*) \
    $(wildcard tools/toolchain/x86_64-elf-*))
library_licenses = $(shell . tools/cache.sh && echo $$LODGER_CACHE)/sources-root/usr/share/doc
installed_pages := $(notdir $(wildcard $(install_from)/man/*.1))

.PHONY: install uninstall deb
install: install-check $(SYSROOT).stamp $(installed_archives) ## below PREFIX=/usr/local [DESTDIR=folder]
	$(Q)umask 022 && rm -rf $(install_home) && mkdir -p $(install_home) $(install_root)/bin \
	    $(install_root)/lib/pkgconfig $(install_root)/lib/cmake/Lodger \
	    $(install_root)/share/man/man1 $(install_doc)
	$(Q)cp -r --no-preserve=mode $(SYSROOT)/include $(SYSROOT)/lib $(install_home)
	$(Q)cp -rL --no-preserve=mode $(O)/xen-include/xen $(install_home)/include
	$(Q)tar -c $(installed_headers) | tar -x --no-same-owner --one-top-level=$(install_home)/include/lodger
	$(Q)cd tools && tar -c $(installed_tools) | tar -x --no-same-owner -C $(install_home)
	$(Q)install -m 644 linker.ld $(installed_archives) $(install_home)/lib
	$(Q)printf '%s\n' $(CODE_FLAGS) $(DEFINES) > $(install_home)/linker/flags
	$(Q)echo $(LINK_OPTIONS) > $(install_home)/linker/options
	$(Q)echo --start-group -llodger $(LIBRARY_NAMES) --end-group > $(install_home)/linker/libraries
	$(Q)install -m 755 $(install_from)/lodger-c++ $(install_root)/bin
	$(Q)ln -sf lodger-c++ $(install_root)/bin/lodger-cc
	$(Q)ln -sf ../lib/lodger/lodger-run ../lib/lodger/lodger-xlcfg $(install_root)/bin
	$(Q)sed 's|@VERSION@|$(VERSION)|; s|@FLAGS@|$(CODE_FLAGS) $(DEFINES)|' \
	    $(install_from)/lodger.pc.in > $(install_root)/lib/pkgconfig/lodger.pc
	$(Q)install -m 644 $(install_from)/cmake/*.cmake $(install_root)/lib/cmake/Lodger
	$(Q)sed 's|@VERSION@|$(VERSION)|' $(install_from)/cmake/LodgerConfigVersion.cmake \
	    > $(install_root)/lib/cmake/Lodger/LodgerConfigVersion.cmake
	$(Q)install -m 644 $(install_from)/man/*.1 $(install_root)/share/man/man1
	$(Q)ln -sf lodger-c++.1 $(install_root)/share/man/man1/lodger-cc.1
	$(Q)install -m 644 LICENSE $(install_from)/copyright $(install_doc)
	$(Q)install -D -m 644 $(library_licenses)/newlib-source/copyright $(install_doc)/licenses/newlib
	$(Q)install -D -m 644 $(library_licenses)/gcc-12-source/copyright $(install_doc)/licenses/gcc
	$(Q)install -D -m 644 $(ext4_source)/debian/copyright $(install_doc)/licenses/e2fsprogs
	$(Q)chmod -R u+w,go+rX,go-w $(install_home)
	@echo 'Lodger $(VERSION) is in $(install_root); its compiler is $(install_root)/bin/lodger-c++'

# Before anything is built: a mistake here must not cost minutes.
.PHONY: install-check
install-check:
	@case '$(PREFIX)' in /*) ;; *) echo "PREFIX must be absolute: '$(PREFIX)'" >&2; exit 1 ;; esac
	@mkdir -p '$(install_root)' 2>/dev/null && test -w '$(install_root)' || { echo \
	    "cannot write to $(install_root): be root, or give PREFIX=\$$HOME/lodger" >&2; exit 1; }
$(SYSROOT).stamp $(installed_archives): | $(if $(filter install,$(MAKECMDGOALS)),install-check)

uninstall: ## what install has put below PREFIX
	$(Q)rm -rf $(install_home) $(install_doc) $(install_root)/lib/cmake/Lodger
	$(Q)rm -f $(install_root)/lib/pkgconfig/lodger.pc $(patsubst %,$(install_root)/bin/lodger-%,c++ cc run xlcfg) \
	    $(addprefix $(install_root)/share/man/man1/,$(installed_pages) lodger-cc.1)

package := $(O)/lodger_$(VERSION)_amd64.deb
deb: $(SYSROOT).stamp $(installed_archives) ## the Debian package build/lodger_<version>_amd64.deb
	$(Q)$(install_from)/deb $(package) $(VERSION)
