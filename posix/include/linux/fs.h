#pragma once

/* The requests to a disk by ioctl that software for Linux knows, under Linux's numbers. */

#define BLKROGET 0x125eul         /* int*: whether it is read-only */
#define BLKGETSIZE 0x1260ul       /* unsigned long*: in units of 512 bytes */
#define BLKFLSBUF 0x1261ul        /* as fsync */
#define BLKSSZGET 0x1268ul        /* int*: bytes in a sector */
#define BLKGETSIZE64 0x80081272ul /* uint64_t*: bytes */
#define BLKDISCARD 0x1277ul       /* uint64_t[2]: offset and length in bytes */
#define BLKPBSZGET 0x127bul       /* unsigned*: bytes in a sector of the medium */
