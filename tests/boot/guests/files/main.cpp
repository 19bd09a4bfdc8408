/// What only disks, the console and their like have, by the calls of POSIX: xvda can be written,
/// xvdb only be read. What files have as well is in tests/conformance.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr std::uint64_t disk_size = 1 << 20;
int failures = 0;

void check(bool holds, char const* what)
{
    std::printf("%s %s\n", holds ? "ok    " : "FAILED", what);
    failures += holds ? 0 : 1;
}

/// Whether a call has failed, and with this.
bool fails(long result, int error)
{
    bool const right = result == -1 && errno == error;
    if (!right)
        std::printf("       %ld, errno %d\n", result, errno);
    return right;
}

int open_disk(int flags)
{
    return open("/dev/xvda", O_RDWR | flags);
}

void geometry()
{
    int const disk = open_disk(0);
    std::uint64_t size = 0;
    unsigned long sectors = 0;
    int sector = 0, read_only = -1;
    unsigned physical = 0;
    check(ioctl(disk, BLKGETSIZE64, &size) == 0 && size == disk_size, "BLKGETSIZE64");
    check(ioctl(disk, BLKGETSIZE, &sectors) == 0 && sectors == disk_size / 512, "BLKGETSIZE");
    check(ioctl(disk, BLKSSZGET, &sector) == 0 && sector == 512, "BLKSSZGET");
    check(ioctl(disk, BLKPBSZGET, &physical) == 0 && physical >= 512, "BLKPBSZGET");
    check(ioctl(disk, BLKROGET, &read_only) == 0 && read_only == 0, "BLKROGET");
    check(ioctl(disk, BLKFLSBUF, 0) == 0, "BLKFLSBUF");
    check(fails(ioctl(disk, 0x1234, nullptr), ENOTTY), "an unknown ioctl is ENOTTY");
    struct stat status{};
    check(fstat(disk, &status) == 0 && S_ISBLK(status.st_mode), "fstat: a block device");
    check(stat("/dev/xvda", &status) == 0 && S_ISBLK(status.st_mode), "stat: a block device");
    check(fails(stat("/dev/xvdq", &status), ENOENT), "stat of a disk that is not there");
    check(isatty(disk) == 0 && errno == ENOTTY, "a disk is no terminal");
    close(disk);
}

void edges()
{
    int const disk = open_disk(0);
    char bytes[1000] = "the end";
    check(pwrite(disk, bytes, sizeof bytes, disk_size - 10) == 10, "a write is cut at the end");
    check(fails(pwrite(disk, bytes, 1, disk_size), ENOSPC), "behind the end there is no space");
    check(pread(disk, bytes, sizeof bytes, disk_size - 10) == 10, "a read is cut at the end");
    check(pread(disk, bytes, sizeof bytes, disk_size + 5) == 0, "behind the end is the end");
    close(disk);
}

void flags()
{
    char bytes[1024]{};
    int const direct = open_disk(O_DIRECT);
    check(pread(direct, bytes, 512, 1024) == 512, "O_DIRECT reads sectors");
    check(fails(pread(direct, bytes, 512, 1), EINVAL), "O_DIRECT refuses an odd offset");
    check(fails(pwrite(direct, bytes, 100, 0), EINVAL), "O_DIRECT refuses an odd length");
    close(direct);
    int const synced = open_disk(O_SYNC);
    check(pwrite(synced, bytes, 100, 7) == 100, "O_SYNC writes");
    close(synced);
    int const read_only = open("/dev/xvdb", O_RDONLY);
    check(read_only >= 0 && pread(read_only, bytes, 100, 3) == 100, "a read-only disk is read");
    check(fails(open("/dev/xvdb", O_RDWR), EROFS), "a read-only disk is not opened for writing");
    check(fails(pwrite(read_only, bytes, 1, 0), EBADF), "nor written when opened for reading");
    check(fsync(read_only) == 0, "fsync of a read-only disk has nothing to do");
    std::uint64_t const range[] = {0, 512};
    int const reader = open("/dev/xvda", O_RDONLY);
    check(fails(ioctl(reader, BLKDISCARD, range), EBADF), "nor is what is only read discarded");
    close(reader);
    close(read_only);
    check(fails(open_disk(O_CREAT | O_EXCL), EEXIST), "a disk cannot be created");
    check(fails(open_disk(O_DIRECTORY), ENOTDIR), "a disk is no directory");
}

/// One disk, however often it is open: closing one descriptor leaves the others.
void several_descriptors()
{
    int const one = open_disk(0);
    int const other = open_disk(0);
    int const copy = dup(one);
    char written[] = "shared", read_back[sizeof written]{};
    check(pwrite(one, written, sizeof written, 4099) == sizeof written, "one descriptor writes");
    check(close(one) == 0, "and is closed");
    check(
        pread(other, read_back, sizeof read_back, 4099) == sizeof read_back &&
            std::strcmp(written, read_back) == 0,
        "another one reads it");
    check(lseek(copy, 0, SEEK_CUR) == 0 && pread(copy, read_back, 1, 4100) == 1, "so does a copy");
    close(other);
    close(copy);
    int const again = open_disk(0);
    check(again >= 0 && pread(again, read_back, 1, 0) == 1, "and after the last, a new one");
    close(again);
    int most = 0;
    while (open("/dev/null", O_RDONLY) >= 0)
        ++most;
    check(errno == EMFILE && most == 61, "there are 64 descriptors");
    for (int i = 3; i < 64; ++i)
        close(i);
}

struct Reader {
    int disk;
    ssize_t count;
};

/// The disk is closed while a thread reads it, which it does to the end.
void closed_while_read()
{
    static char bytes[256 << 10];
    Reader reader{open_disk(0), 0};
    pthread_t thread{};
    pthread_create(
        &thread, nullptr,
        [](void* object) -> void* {
            auto& self = *static_cast<Reader*>(object);
            self.count = pread(self.disk, bytes, sizeof bytes, 3);
            return object;
        },
        &reader);
    sched_yield();
    check(close(reader.disk) == 0, "a disk is closed while it is read");
    void* result = nullptr;
    check(pthread_join(thread, &result) == 0 && result == &reader, "pthread_join");
    check(reader.count == sizeof bytes, "and has been read to the end all the same");
}

void console()
{
    int const file = open("/dev/console", O_RDWR | O_NONBLOCK);
    int const disk = open_disk(0);
    char line[64]{};
    check(isatty(file) == 1, "the console is a terminal");
    check(fails(lseek(file, 0, SEEK_CUR), ESPIPE), "without a position");
    check(fails(pread(file, line, 1, 0), ESPIPE), "or a place in it");
    check(fails(fsync(file), EINVAL), "or a medium");
    check(fails(read(file, line, sizeof line), EAGAIN), "nothing was typed yet");
    pollfd both[] = {{file, POLLIN, 0}, {disk, POLLIN, 0}, {1, POLLOUT, 0}};
    check(
        poll(both, 3, -1) == 2 && both[0].revents == 0 && both[1].revents == POLLIN,
        "the disk is ready, the console is not");
    check(poll(both, 1, 30) == 0, "a wait for the console ends at its time");
    std::printf("type\n");
    check(poll(both, 1, -1) == 1 && both[0].revents == POLLIN, "what is typed makes it ready");
    check(read(file, line, sizeof line) == 6 && std::strcmp(line, "typed\n") == 0, "and is read");
    check(write(file, "console\n", 8) == 8, "it is written to");
    close(disk);
    close(file);
}

} // namespace

int main()
{
    // Open all the while, or each of these would connect it anew.
    int const kept = open_disk(0);
    geometry();
    edges();
    flags();
    close(kept);
    several_descriptors();
    closed_while_read();
    console();
    std::printf("Test result: %s\n", failures ? "FAILURE" : "SUCCESS");
    return failures ? 1 : 0;
}
