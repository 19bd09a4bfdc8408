// SQLite's own speedtest1 on a disk, by examples/sqlite's VFS. The arguments are speedtest1's.

#include <lodger/bench/support/stopwatch.hpp>
#include <lodger/examples/sqlite/database.hpp>

#include <cerrno>
#include <vector>

extern "C" int speedtest1_main(int argc, char** argv);

/// speedtest1 removes the database as a file, after it has had the VFS do so.
extern "C" int unlink(char const*)
{
    errno = ENOENT;
    return -1;
}

int main(int argc, char** argv)
{
    auto const database = examples::Database::open("xvda", 0);
    if (!database)
        return 1;
    std::vector<char*> words{argv, argv + argc};
    char name[] = "xvda";
    words.push_back(name);
    lodger::bench::Stopwatch const since;
    int const status = speedtest1_main(static_cast<int>(words.size()), words.data());
    since.report("sqlite/speedtest1", 1);
    std::printf("Test result: %s\n", status == 0 ? "SUCCESS" : "FAILURE");
    return status;
}
