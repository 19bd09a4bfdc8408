#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* What a disk can be asked is in <linux/fs.h>; everything else is ENOTTY. */
int ioctl(int file, unsigned long request, ...);

#ifdef __cplusplus
}
#endif
