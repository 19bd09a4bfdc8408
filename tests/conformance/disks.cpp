#include "program.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>
#include <vector>

// On the build machine the disk is a file: what only disks have is not in here.

namespace {

std::string bytes(std::size_t count, unsigned seed)
{
    std::string result(count, '\0');
    for (char& c : result)
        c = static_cast<char>('a' + (seed = seed * 1103515245 + 12345) / 65536 % 26);
    return result;
}

unsigned sum(std::string const& text)
{
    unsigned sum = 0;
    for (char const c : text)
        sum = sum * 31 + static_cast<unsigned char>(c);
    return sum;
}

/// What a call that should fail has come to. @param error what errno should be
void print_failure(char const* what, long result, int error)
{
    std::printf("%s: %ld %d\n", what, result, errno == error);
}

void print_at(int disk, std::size_t count, off_t offset)
{
    std::string found(count, '?');
    ssize_t const read = pread(disk, found.data(), count, offset);
    std::printf(
        "%zu at %lld: %zd, %08x\n", count, static_cast<long long>(offset), read, sum(found));
}

} // namespace

PROGRAM(disk_at_any_place)
{
    int const file = open(disk, O_RDWR);
    std::printf("open %d\n", file >= 0);
    std::printf("size %lld\n", static_cast<long long>(lseek(file, 0, SEEK_END)));
    std::size_t const counts[] = {1, 511, 512, 513, 4096, 5000, 70'001, 131'072};
    off_t const offsets[] = {0, 1, 511, 512, 4095, 8192, 100'003};
    unsigned seed = 0;
    for (std::size_t const count : counts) {
        for (off_t const offset : offsets) {
            std::string const data = bytes(count, ++seed);
            if (pwrite(file, data.data(), count, offset) != static_cast<ssize_t>(count))
                std::printf("pwrite of %zu fails\n", count);
            print_at(file, count + 1000, offset > 300 ? offset - 300 : offset);
        }
    }
    print_at(file, 10, lseek(file, 0, SEEK_END) - 4);
    print_at(file, 10, lseek(file, 0, SEEK_END));
    std::printf("fsync %d, fdatasync %d\n", fsync(file), fdatasync(file));
    std::printf("close %d\n", close(file));
    print_failure("again", close(file), EBADF);
}

PROGRAM(disk_in_order)
{
    int const file = open(disk, O_RDWR);
    std::string const data = bytes(3000, 99);
    std::printf("lseek %lld\n", static_cast<long long>(lseek(file, 700, SEEK_SET)));
    std::printf("write %d", static_cast<int>(write(file, data.data(), 1000)));
    std::printf(" %d\n", static_cast<int>(write(file, data.data() + 1000, 2000)));
    std::printf("at %lld\n", static_cast<long long>(lseek(file, -2990, SEEK_CUR)));
    std::string found(20, '?');
    std::printf("read %d ", static_cast<int>(read(file, found.data(), found.size())));
    std::printf(
        "%d at %lld\n", found == data.substr(10, 20),
        static_cast<long long>(lseek(file, 0, SEEK_CUR)));
    print_failure("before the start", lseek(file, -1, SEEK_SET), EINVAL);

    std::string a(5, 'A'), b(600, 'B'), c(1, 'C');
    iovec const out[] = {{a.data(), a.size()}, {b.data(), b.size()}, {c.data(), c.size()}};
    std::printf("pwritev %zd\n", pwritev(file, out, 3, 1001));
    std::string first(300, '?'), second(310, '?');
    iovec const in[] = {{first.data(), first.size()}, {second.data(), second.size()}};
    std::printf("preadv %zd %08x %08x\n", preadv(file, in, 2, 1000), sum(first), sum(second));
    lseek(file, 5000, SEEK_SET);
    std::printf("writev %zd", writev(file, out, 2));
    lseek(file, 5000, SEEK_SET);
    std::printf(" readv %zd %08x", readv(file, in, 2), sum(first));
    std::printf(" at %lld\n", static_cast<long long>(lseek(file, 0, SEEK_CUR)));
    close(file);
}

PROGRAM(disk_by_threads)
{
    constexpr int writers = 4;
    int const file = open(disk, O_RDWR);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([=] {
            // Pieces of each sector belong to different writers.
            for (int i = 0; i < 40; ++i) {
                std::string const mine(100, static_cast<char>('0' + writer));
                pwrite(file, mine.data(), mine.size(), 200'000 + (i * writers + writer) * 100);
            }
        });
    for (auto& thread : threads)
        thread.join();
    std::string found(16'000, '?');
    pread(file, found.data(), found.size(), 200'000);
    int wrong = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        wrong += found[i] != static_cast<char>('0' + i / 100 % writers);
    std::printf("%d bytes are wrong\n", wrong);
    close(file);
}

PROGRAM(disk_through_one_descriptor)
{
    constexpr int writers = 4;
    constexpr int rounds = 10;
    constexpr off_t start = 400'000;
    int const file = open(disk, O_RDWR);
    lseek(file, start, SEEK_SET);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([=] {
            std::string mine(100, static_cast<char>('0' + writer));
            iovec const halves[] = {{mine.data(), 50}, {mine.data(), 50}};
            for (int i = 0; i < rounds; ++i)
                if ((writer % 2 ? write(file, mine.data(), 100) : writev(file, halves, 2)) != 100)
                    std::printf("not all is written\n");
        });
    for (auto& thread : threads)
        thread.join();
    std::printf("at %lld\n", static_cast<long long>(lseek(file, 0, SEEK_CUR) - start));
    std::string found(writers * rounds * 100, '?');
    pread(file, found.data(), found.size(), start);
    for (int writer = 0; writer < writers; ++writer) {
        int whole = 0;
        for (std::size_t i = 0; i < found.size(); i += 100)
            whole += found.substr(i, 100) == std::string(100, static_cast<char>('0' + writer));
        std::printf("%d of writer %d\n", whole, writer);
    }
    // Their order is nobody's to say.
    pwrite(file, std::string(found.size(), '-').data(), found.size(), start);
    close(file);
}

PROGRAM(disk_through_stdio)
{
    std::FILE* const stream = std::fopen(disk, "r+");
    std::printf("fopen %d\n", stream != nullptr);
    std::fseek(stream, 300'001, SEEK_SET);
    std::printf("fprintf %d\n", std::fprintf(stream, "number %d\nline %s\n", 12, "two"));
    std::fflush(stream);
    std::fseek(stream, 300'001, SEEK_SET);
    char line[64] = "";
    int number = 0;
    std::printf("fscanf %d", std::fscanf(stream, "number %d ", &number));
    std::printf(
        " %d, fgets %d: %s", number, std::fgets(line, sizeof line, stream) != nullptr, line);
    std::printf("at %ld\n", std::ftell(stream));
    std::printf("fclose %d\n", std::fclose(stream));
}

PROGRAM(files_that_are_not)
{
    for (char const* path : {"/dev/none", "/dev/xvdzz9", "/nowhere/at/all"})
        print_failure(path, open(path, O_RDONLY), ENOENT);
    int const file = open(disk, O_RDONLY);
    char byte = 'x';
    print_failure("write", write(file, &byte, 1), EBADF);
    print_failure("pwrite", pwrite(file, &byte, 1, 0), EBADF);
    print_failure("pread before", pread(file, &byte, 1, -1), EINVAL);
    close(file);
    print_failure("closed", pread(file, &byte, 1, 0), EBADF);
    print_failure("exclusive", open(disk, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    int const null = open("/dev/null", O_RDWR);
    std::printf(
        "null %d %d\n", static_cast<int>(write(null, "abc", 3)),
        static_cast<int>(read(null, &byte, 1)));
    struct stat status{};
    std::printf("fstat %d, character device %d\n", fstat(null, &status), S_ISCHR(status.st_mode));
    close(null);
}

PROGRAM(polling)
{
    int const file = open(disk, O_RDWR);
    int const null = open("/dev/null", O_RDWR);
    pollfd asked[] = {
        {file, POLLIN | POLLOUT, 0}, {null, POLLOUT, 0}, {-1, POLLIN, 0}, {63, POLLIN, 0}};
    std::printf("poll %d:", poll(asked, 4, 0));
    for (pollfd const& one : asked)
        std::printf(" %x", static_cast<unsigned>(one.revents));
    std::printf("\nnothing asked %d\n", poll(nullptr, 0, 10));
    close(null);
    close(file);
}
