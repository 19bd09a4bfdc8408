# What some of the examples share, and is not a header.
line_editor := $(O)/obj/examples/support/line_editor.cpp.o
