#pragma once

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IOV_MAX 1024

struct iovec {
    void* iov_base;
    size_t iov_len;
};

ssize_t readv(int file, struct iovec const* pieces, int count);
ssize_t writev(int file, struct iovec const* pieces, int count);
ssize_t preadv(int file, struct iovec const* pieces, int count, off_t offset);
ssize_t pwritev(int file, struct iovec const* pieces, int count, off_t offset);

#ifdef __cplusplus
}
#endif
