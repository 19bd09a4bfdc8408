#pragma once

// What every measuring program of the Linux guest needs: to end with a reason when something
// fails, and to measure a stretch of work in elapsed time and in this CPU's own time.

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <xen/vcpu.h>
#include <xen/xen.h>

static inline void must(int holds, char const* what)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

// include/uapi/xen/privcmd.h, which no package brings.
struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

/// Nanoseconds that the virtual CPU has run, Xen's work on its behalf included. It asks Xen as the
/// kernel's own accounting is by ticks.
static inline uint64_t cpu_time(void)
{
    static int privcmd = -1;
    static struct vcpu_runstate_info state;
    if (privcmd < 0) {
        privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
        must(privcmd >= 0 && mlock(&state, sizeof state) == 0, "/dev/xen/privcmd");
    }
    struct privcmd_hypercall call = {
        __HYPERVISOR_vcpu_op, {VCPUOP_get_runstate_info, 0, (uintptr_t)&state}};
    must(ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call) == 0, "VCPUOP_get_runstate_info");
    return state.time[RUNSTATE_running];
}

static inline uint64_t elapsed_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/// How often this process had to wait.
static inline uint64_t waits(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_nvcsw;
}

struct stopwatch {
    uint64_t elapsed, cpu, waits;
};

static inline struct stopwatch start(void)
{
    return (struct stopwatch){.waits = waits(), .cpu = cpu_time(), .elapsed = elapsed_time()};
}

/// Prints one line that bench/figures.py understands.
static inline void report(struct stopwatch since, char const* name, uint64_t requests)
{
    uint64_t const elapsed = elapsed_time() - since.elapsed;
    uint64_t const cpu = cpu_time() - since.cpu;
    printf(
        "figure %s requests=%lu ns=%lu cpu_ns=%lu waits=%lu\n", name, requests, elapsed, cpu,
        waits() - since.waits);
}
