// Reads or writes a disk with a constant number of requests under way: Linux's asynchronous I/O by
// its system calls, past the page cache. The same accesses in the same order as
// bench/block/guest. Usage: blkbench DEVICE read|write|randread|randwrite SIZE DEPTH COUNT

#define _GNU_SOURCE
#include "../block/accesses.h"
#include "figures.h"

#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <sys/syscall.h>

#define MOST_DEPTH 128

static void submit(aio_context_t context, struct iocb** requests, long count)
{
    while (count > 0) {
        long const taken = syscall(SYS_io_submit, context, count, requests);
        must(taken > 0, "io_submit");
        requests += taken;
        count -= taken;
    }
}

int main(int argc, char** argv)
{
    must(argc == 6, "usage: blkbench DEVICE read|write|randread|randwrite SIZE DEPTH COUNT");
    size_t const size = strtoul(argv[3], NULL, 0);
    long const depth = atol(argv[4]);
    uint64_t const count = strtoul(argv[5], NULL, 0);
    must(depth > 0 && depth <= MOST_DEPTH && count >= (uint64_t)depth, "DEPTH and COUNT");
    int const disk = open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC);
    must(disk >= 0, argv[1]);
    uint64_t disk_size;
    must(ioctl(disk, BLKGETSIZE64, &disk_size) == 0, "BLKGETSIZE64");
    struct accesses accesses;
    must(accesses_start(&accesses, argv[2], disk_size, size), "the kind of access");
    char* const data = mmap(
        NULL, size * (size_t)depth, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    must(data != MAP_FAILED, "memory");
    aio_context_t context = 0;
    must(syscall(SYS_io_setup, depth, &context) == 0, "io_setup");

    struct iocb requests[MOST_DEPTH] = {0};
    struct iocb* next[MOST_DEPTH];
    struct io_event events[MOST_DEPTH];
    struct stopwatch const since = start();
    uint64_t submitted = 0;
    for (; submitted < (uint64_t)depth; ++submitted) {
        requests[submitted] =
            (struct iocb){.aio_lio_opcode = accesses.is_write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
                          .aio_fildes = (uint32_t)disk,
                          .aio_buf = (uintptr_t)data + submitted * size,
                          .aio_nbytes = size,
                          .aio_offset = (int64_t)accesses_next(&accesses)};
        next[submitted] = &requests[submitted];
    }
    submit(context, next, depth);
    for (uint64_t done = 0; done < count;) {
        long const ended = syscall(SYS_io_getevents, context, 1, depth, events, NULL);
        must(ended > 0, "io_getevents");
        long again = 0;
        for (long i = 0; i < ended; ++i) {
            must(events[i].res == (int64_t)size, "a request");
            struct iocb* const request = (struct iocb*)(uintptr_t)events[i].obj;
            if (submitted == count)
                continue;
            request->aio_offset = (int64_t)accesses_next(&accesses);
            next[again++] = request;
            ++submitted;
        }
        done += (uint64_t)ended;
        submit(context, next, again);
    }
    char name[64];
    snprintf(name, sizeof name, "block/%s/%zu/%ld", argv[2], size, depth);
    report(since, name, count);
    return 0;
}
