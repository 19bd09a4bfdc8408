include examples/support/line_editor.mk

# SQLite comes from Debian's source package, which `tools/setup build` unpacks. Its own makefile
# makes one file of its sources, and tests/unit has the same release as a library.
sqlite_source := $(shell . tools/cache.sh && echo $$LODGER_CACHE)/source-packages-root/sqlite3
sqlite := $(O)/sqlite

# One thread, no other processes, no files but those of a disk: examples/sqlite/vfs.hpp.
SQLITE_OPTIONS := -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_WAL -DSQLITE_OMIT_DESERIALIZE \
    -DSQLITE_TEMP_STORE=3 -DSQLITE_STMTJRNL_SPILL=-1 -DSQLITE_DEFAULT_MEMSTATUS=0 \
    -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS
sqlite_database := $(O)/obj/sqlite/sqlite3.o \
    $(patsubst %,$(O)/obj/examples/sqlite/%.cpp.o,block_cache database database_disk vfs)

CXXFLAGS_sqlite += -isystem $(sqlite)
CXXFLAGS_sqlite-load += -isystem $(sqlite)
$(patsubst %,$(O)/obj/%.o,$(wildcard examples/sqlite/*.cpp tests/boot/guests/sqlite-load/*.cpp)): \
    $(sqlite)/sqlite3.h examples/sqlite/flags.mk

$(O)/images/sqlite.elf: $(O)/obj/sqlite/sqlite3.o $(O)/obj/sqlite/speedtest1.o $(line_editor)
$(O)/images/tests/sqlite-load.elf: $(sqlite_database)

$(sqlite)/sqlite3.h: $(sqlite)/sqlite3.c

$(sqlite)/sqlite3.c: $(sqlite_source)/main.mk
	$(say) MAKE $@
	$(Q)rm -rf $(sqlite)/tree && mkdir -p $(sqlite)/tree
	$(Q)cd $(sqlite)/tree && $(MAKE) -f $(sqlite_source)/main.mk TOP=$(sqlite_source) BCC=$(CC) \
	    sqlite3.c >make.log 2>&1 || { tail make.log >&2; exit 1; }
	$(Q)cp $(sqlite)/tree/sqlite3.[ch] $(sqlite) && rm -r $(sqlite)/tree

$(sqlite_source)/main.mk:
	$(Q)echo "SQLite's source is missing: tools/setup build" >&2; exit 1

$(O)/obj/sqlite/sqlite3.o: $(sqlite)/sqlite3.c examples/sqlite/flags.mk $(before_compiling)
	$(say) CC sqlite3
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(MACHINE) -w $(SQLITE_OPTIONS) -DSQLITE_OS_OTHER=1 -c $< -o $@

# A program of SQLite's own, and a function of ours.
$(O)/obj/sqlite/speedtest1.o: $(sqlite)/sqlite3.h examples/sqlite/flags.mk $(before_compiling)
	$(say) CC speedtest1
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(MACHINE) -w -I$(sqlite) -Dmain=speedtest1_main \
	    -c $(sqlite_source)/test/speedtest1.c -o $@
