include examples/support/line_editor.mk
$(O)/images/store-shell.elf: $(line_editor)
