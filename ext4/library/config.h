/* What libext2fs asks of its system, answered for a guest of Lodger and for the host's tests: what
 * e2fsprogs' `configure` would write, as far as the sources of ext4/ext4.mk look at it. */
#pragma once

#define HAVE_ERRNO_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_MALLOC_H 1
#define HAVE_MEMALIGN 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define SIZEOF_INT 4
#define SIZEOF_LONG 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T 8
#define SIZEOF_SHORT 2
#define SIZEOF_TIME_T 8

/* Nothing is printed by the library. */
#define OMIT_COM_ERR 1
