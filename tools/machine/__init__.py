"""The emulated Xen machine: real Xen, a Linux dom0 and real `xl` under QEMU, without root.

The tools that people run (`tools/lodger-run`, `tests/boot/run`) are written over this package.
README.md lists the files in reading order.
"""
