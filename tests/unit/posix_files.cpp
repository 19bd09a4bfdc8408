#include <lodger/tests/unit/support/mounted.hpp>

#include <catch2/catch.hpp>
#include <string>

using namespace lodger;
using namespace lodger::test;

namespace {

std::string contents(char const* path)
{
    std::string text(4096, '?');
    int const file = guest::open(path, O_RDONLY);
    REQUIRE(file >= 3);
    ssize_t const size = guest::read(file, text.data(), text.size());
    REQUIRE(guest::close(file) == 0);
    return text.substr(0, static_cast<std::size_t>(size));
}

void put(char const* path, std::string_view text, int how = O_TRUNC)
{
    int const file = guest::open(path, O_WRONLY | O_CREAT | how, 0666);
    REQUIRE(guest::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    REQUIRE(guest::close(file) == 0);
}

} // namespace

TEST_CASE("without a mount there are devices alone")
{
    CHECK(error_of(guest::open("/a", O_RDWR | O_CREAT, 0600)) == ENOENT);
    CHECK(error_of(guest::mkdir("/a", 0700)) == ENOENT);
    struct stat status;
    CHECK(guest::stat("/dev/null", &status) == 0);
    CHECK(error_of(guest::stat("/", &status)) == ENOENT);
    Mounted const mounted;
    CHECK(guest::stat("/dev//../dev/null", &status) == 0);
    CHECK(S_ISCHR(status.st_mode));
    CHECK(guest::access("/dev/null", R_OK | W_OK) == 0);
    CHECK(error_of(guest::open("/dev/null/", O_RDONLY)) == ENOTDIR);
    CHECK(error_of(guest::open("/dev/new", O_WRONLY | O_CREAT, 0600)) == ENOENT);
    CHECK(error_of(guest::unlink("/dev/null")) == EPERM);
    CHECK(error_of(guest::chmod("/dev/null", 0)) == EPERM);
}

TEST_CASE("a file is created, cut off, appended to, and must be new")
{
    Mounted const mounted;
    REQUIRE(error_of(guest::open("/f", O_RDWR)) == ENOENT);
    put("/f", "first");
    REQUIRE(contents("/f") == "first");
    put("/f", "second", O_APPEND);
    REQUIRE(contents("/f") == "firstsecond");
    put("/f", "F", 0);
    REQUIRE(contents("/f") == "Firstsecond");
    put("/f", "new");
    REQUIRE(contents("/f") == "new");
    REQUIRE(error_of(guest::open("/f", O_RDWR | O_CREAT | O_EXCL, 0600)) == EEXIST);
    REQUIRE(error_of(guest::open("/f/", O_RDWR | O_CREAT, 0600)) == EISDIR);
    REQUIRE(error_of(guest::open("/f/", O_RDONLY)) == ENOTDIR);
    REQUIRE(error_of(guest::open("/f/.", O_RDONLY)) == ENOTDIR);
    int const file = guest::creat("/g", 0600);
    REQUIRE(error_of(guest::read(file, nullptr, 0)) == EBADF);
    REQUIRE(guest::fcntl(file, F_GETFL) == O_WRONLY);
    guest::close(file);
}

TEST_CASE("two descriptors that append do not write over each other")
{
    Mounted const mounted;
    int const one = guest::open("/f", O_WRONLY | O_CREAT | O_APPEND, 0600);
    int const other = guest::open("/f", O_WRONLY | O_APPEND);
    for (char const c : {'a', 'b', 'c'}) {
        REQUIRE(guest::write(one, &c, 1) == 1);
        REQUIRE(guest::write(other, "-", 1) == 1);
    }
    REQUIRE(guest::lseek(one, 0, SEEK_CUR) == 5);
    guest::close(one);
    guest::close(other);
    REQUIRE(contents("/f") == "a-b-c-");
}

TEST_CASE("a file grows by a write behind its end, and to any size")
{
    Mounted const mounted;
    int const file = guest::open("/f", O_RDWR | O_CREAT, 0600);
    REQUIRE(guest::lseek(file, 3, SEEK_SET) == 3);
    REQUIRE(guest::write(file, "x", 1) == 1);
    REQUIRE(contents("/f") == std::string("\0\0\0x", 4));
    REQUIRE(guest::ftruncate(file, 2) == 0);
    REQUIRE(guest::truncate("/f", 3) == 0);
    REQUIRE(contents("/f") == std::string(3, '\0'));
    REQUIRE(error_of(guest::ftruncate(file, -1)) == EINVAL);
    REQUIRE(error_of(guest::truncate("/f", -1)) == EINVAL);
    REQUIRE(error_of(guest::truncate("/g", 0)) == ENOENT);
    REQUIRE(error_of(guest::truncate("/", 0)) == EISDIR);
    guest::close(file);
    int const reader = guest::open("/f", O_RDONLY);
    REQUIRE(error_of(guest::ftruncate(reader, 0)) == EINVAL);
    guest::close(reader);
    REQUIRE(error_of(guest::ftruncate(reader, 0)) == EBADF);
    REQUIRE(error_of(guest::ftruncate(1, 0)) == EINVAL);
}

TEST_CASE("a file that another thread closes while it is read stays until then")
{
    Mounted const mounted;
    put("/f", "text");
    int const file = guest::open("/f", O_RDONLY);
    guest::unlink("/f");
    mounted.fs.meanwhile = [&] {
        REQUIRE(guest::close(file) == 0);
        REQUIRE(mounted.fs.open_nodes == 1);
        REQUIRE(posix::unmount("/").error() == Errc::busy);
    };
    char text[4];
    REQUIRE(guest::read(file, text, 4) == 4);
    REQUIRE(std::string_view{text, 4} == "text");
    REQUIRE(mounted.fs.open_nodes == 0);
    REQUIRE(error_of(guest::read(file, text, 4)) == EBADF);
}

TEST_CASE("a file without a name is there while it is open")
{
    Mounted const mounted;
    put("/f", "kept");
    int const file = guest::open("/f", O_RDWR);
    int const same = guest::dup(file);
    REQUIRE(guest::unlink("/f") == 0);
    REQUIRE(error_of(guest::open("/f", O_RDONLY)) == ENOENT);
    put("/f", "other");
    guest::close(file);
    char text[5];
    REQUIRE(guest::pread(same, text, 5, 0) == 4);
    struct stat status;
    REQUIRE(guest::fstat(same, &status) == 0);
    REQUIRE(status.st_nlink == 0);
    REQUIRE(mounted.fs.open_nodes == 2);
    guest::close(same);
    REQUIRE(mounted.fs.open_nodes == 1);
}

TEST_CASE("a file system that is in use is not unmounted")
{
    Mounted mounted;
    put("/f", "");
    int const file = guest::open("/f", O_RDONLY);
    REQUIRE(posix::unmount("/").error() == Errc::busy);
    guest::close(file);
    DIR* const directory = guest::opendir("/");
    REQUIRE(posix::unmount("/").error() == Errc::busy);
    guest::closedir(directory);
    REQUIRE(posix::unmount("/x").error() == Errc::invalid_argument);
    REQUIRE(posix::unmount("/./"));
    REQUIRE(mounted.fs.ends == 1);
    REQUIRE(error_of(guest::open("/f", O_RDONLY)) == ENOENT);
    REQUIRE(posix::mount("/", mounted.fs));
    REQUIRE(contents("/f").empty());
}

TEST_CASE("a file system is mounted at an absolute path that is no device")
{
    MemoryFileSystem fs;
    CHECK(posix::mount("a", fs).error() == Errc::invalid_argument);
    CHECK(posix::mount("", fs).error() == Errc::invalid_argument);
    CHECK(posix::mount("/dev/xvda", fs).error() == Errc::invalid_argument);
    CHECK(posix::mount("/" + std::string(2000, 'x'), fs).error() == Errc::name_too_long);
    CHECK(posix::mount("/a", fs));
    CHECK(posix::mount("/a", fs).error() == Errc::busy);
    CHECK(posix::unmount("/a"));
}

TEST_CASE("at the end of the guest nothing is open, and every file system knows")
{
    Mounted mounted;
    int const file = guest::open("/f", O_WRONLY | O_CREAT, 0600);
    guest::unlink("/f");
    REQUIRE(mounted.fs.open_nodes == 1);
    posix::close_mounts();
    REQUIRE(mounted.fs.open_nodes == 0);
    REQUIRE(mounted.fs.users == 0);
    REQUIRE(mounted.fs.ends == 1);
    REQUIRE(error_of(guest::close(file)) == EBADF);
    REQUIRE(error_of(guest::write(1, "", 0)) == 0);
    REQUIRE(posix::mount("/", mounted.fs));
}

TEST_CASE("what a file system says of its medium is heard")
{
    Mounted const mounted;
    int const file = guest::open("/f", O_WRONLY | O_CREAT, 0600);
    mounted.fs.room = 3;
    REQUIRE(error_of(guest::write(file, "1234", 4)) == ENOSPC);
    REQUIRE(guest::fsync(file) == 0);
    REQUIRE(guest::syncfs(file) == 0);
    guest::sync();
    REQUIRE(mounted.fs.syncs == 3);
    guest::close(file);
    mounted.fs.is_read_only = true;
    CHECK(error_of(guest::open("/f", O_WRONLY)) == EROFS);
    CHECK(error_of(guest::mkdir("/d", 0700)) == EROFS);
    CHECK(error_of(guest::access("/f", W_OK)) == EROFS);
    CHECK(guest::access("/f", R_OK) == 0);
    CHECK(error_of(guest::syncfs(file)) == EBADF);
}

TEST_CASE("a file whose size cannot be read has no end to go to")
{
    Mounted mounted;
    put("/f", "text");
    int const file = guest::open("/f", O_RDWR);
    mounted.fs.is_gone = true;
    CHECK(error_of(guest::lseek(file, 0, SEEK_END)) == ENXIO);
    CHECK(guest::lseek(file, 2, SEEK_SET) == 2);
    CHECK(guest::lseek(file, 1, SEEK_CUR) == 3);
    guest::fcntl(file, F_SETFL, O_APPEND);
    CHECK(error_of(guest::write(file, "x", 1)) == ENXIO);
    guest::close(file);
}

TEST_CASE("descriptors have an end")
{
    Mounted const mounted;
    int const first = guest::creat("/f", 0600);
    CHECK(guest::fcntl(first, F_DUPFD, 63) == 63);
    CHECK(error_of(guest::fcntl(first, F_DUPFD, 63)) == EMFILE);
    CHECK(error_of(guest::fcntl(first, F_DUPFD, 64)) == EINVAL);
    guest::close(first);
    guest::close(63);
    std::vector<int> files;
    int file = 0;
    while ((file = guest::creat("/f", 0600)) >= 0)
        files.push_back(file);
    REQUIRE(errno == EMFILE);
    CHECK(error_of(guest::creat("/new", 0600)) == EMFILE);
    CHECK(error_of(guest::access("/new", F_OK)) == ENOENT);
    REQUIRE(files.size() == 61);
    REQUIRE(mounted.fs.users == 61);
    for (int const open : files)
        guest::close(open);
    REQUIRE(mounted.fs.users == 0);
}
