/* Runs a command in dom0, and prints the time of day before and after it in nanoseconds since 1970.
 * Usage: timed COMMAND [ARGUMENT...] */

#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int main(int argc, char **argv)
{
    pid_t child;
    int status;
    int64_t const before = now();
    if (argc < 2 || posix_spawnp(&child, argv[1], NULL, NULL, argv + 1, environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        return 1;
    printf("%" PRId64 " %" PRId64 "\n", before, now());
    return 0;
}
