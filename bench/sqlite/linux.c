// SQLite's own speedtest1 in a Linux guest, on a file. The arguments are speedtest1's.

#include "../linux/figures.h"

int speedtest1_main(int argc, char **argv);

int main(int argc, char **argv)
{
    struct stopwatch const since = start();
    int const status = speedtest1_main(argc, argv);
    report(since, "sqlite/speedtest1", 1);
    return status;
}
