#pragma once

/* What <dirent.h> asks of a system: newlib's own is an error. */

#include <sys/types.h>

#define DT_UNKNOWN 0
#define DT_FIFO 1
#define DT_CHR 2
#define DT_DIR 4
#define DT_BLK 6
#define DT_REG 8
#define DT_LNK 10
#define DT_SOCK 12

/* The type of an entry is that of its inode: of DT_DIR and S_IFDIR one follows from the other. */
#define IFTODT(mode) (((mode) >> 12) & 15)
#define DTTOIF(type) ((type) << 12)

#define _DIRENT_HAVE_D_TYPE

struct dirent {
    ino_t d_ino;
    unsigned char d_type;
    char d_name[256];
};

typedef struct __dirstream DIR;
