#include <lodger/tests/unit/support/mounted.hpp>

#include <cstdlib>
#include <string>

using namespace lodger;
using namespace lodger::test;

namespace {

void make(char const* path)
{
    REQUIRE(guest::close(guest::creat(path, 0666)) == 0);
}

struct stat status_of(char const* path)
{
    struct stat status;
    REQUIRE(guest::lstat(path, &status) == 0);
    return status;
}

std::string names_in(DIR* stream)
{
    std::string names;
    errno = 0;
    while (dirent const* const entry = guest::readdir(stream))
        names += std::string{entry->d_name} + (entry->d_type == DT_DIR ? "/ " : " ");
    REQUIRE(errno == 0);
    return names;
}

std::string real(char const* path)
{
    std::string text(2000, '?');
    char const* const found = guest::realpath(path, text.data());
    return found ? found : std::to_string(errno);
}

std::string const long_name = "/" + std::string(256, 'n');
std::string const long_path = "/" + std::string(1024, 'n');

} // namespace

TEST_CASE("names are made, and refused where they cannot be")
{
    Mounted const mounted;
    guest::umask(027);
    REQUIRE(guest::mkdir("/d", 0777) == 0);
    REQUIRE(guest::mkdir("/d/e/", 0777) == 0);
    make("/d/f");
    CHECK(status_of("/d").st_mode == (S_IFDIR | 0750));
    CHECK(status_of("/d/f").st_mode == (S_IFREG | 0640));
    CHECK(guest::umask(022) == 027);
    CHECK(error_of(guest::mkdir("/d", 0777)) == EEXIST);
    CHECK(error_of(guest::mkdir("/", 0777)) == EEXIST);
    CHECK(error_of(guest::mkdir("/none/d", 0777)) == ENOENT);
    CHECK(error_of(guest::mkdir("/d/f/g", 0777)) == ENOTDIR);
    CHECK(error_of(guest::mkdir("", 0777)) == ENOENT);
    CHECK(error_of(guest::mkdir(long_name.c_str(), 0777)) == ENAMETOOLONG);
    CHECK(error_of(guest::mkdir(long_path.c_str(), 0777)) == ENAMETOOLONG);
    CHECK(error_of(guest::open("/d", O_WRONLY)) == EISDIR);
    CHECK(error_of(guest::open("/d/f", O_RDONLY | O_DIRECTORY)) == ENOTDIR);
}

TEST_CASE("names are removed, and refused where they cannot be")
{
    Mounted const mounted;
    guest::mkdir("/d", 0777);
    make("/d/f");
    CHECK(error_of(guest::rmdir("/d")) == ENOTEMPTY);
    CHECK(error_of(guest::rmdir("/d/f")) == ENOTDIR);
    CHECK(error_of(guest::rmdir("/d/.")) == EINVAL);
    CHECK(error_of(guest::rmdir("/d/f/..")) == EINVAL);
    CHECK(error_of(guest::rmdir("/")) == EBUSY);
    CHECK(error_of(guest::rmdir("/e")) == ENOENT);
    CHECK(error_of(guest::unlink("/d")) == EISDIR);
    CHECK(error_of(guest::unlink("/")) == EISDIR);
    CHECK(error_of(guest::unlink("/d/f/")) == ENOTDIR);
    CHECK(error_of(guest::unlink("/d/f/.")) == ENOTDIR);
    CHECK(error_of(guest::remove("/d/none")) == ENOENT);
    CHECK(guest::remove("/d/f") == 0);
    CHECK(guest::remove("/d") == 0);
    CHECK(error_of(guest::access("/d", F_OK)) == ENOENT);
}

TEST_CASE("a file gets another name, and what had that name is gone")
{
    Mounted const mounted;
    make("/a");
    make("/b");
    ino_t const number = status_of("/a").st_ino;
    REQUIRE(guest::rename("/a", "/b") == 0);
    CHECK(status_of("/b").st_ino == number);
    CHECK(error_of(guest::access("/a", F_OK)) == ENOENT);
    CHECK(mounted.fs.open_nodes == 1);
    CHECK(guest::rename("/b", "/./b") == 0);
    guest::mkdir("/d", 0777);
    guest::mkdir("/e", 0777);
    CHECK(guest::rename("/d", "/e/") == 0);
    CHECK(error_of(guest::rename("/b", "/e")) == EISDIR);
    CHECK(error_of(guest::rename("/e", "/b")) == ENOTDIR);
    CHECK(error_of(guest::rename("/b", "/c/")) == ENOTDIR);
    CHECK(error_of(guest::rename("/b/", "/c")) == ENOTDIR);
    CHECK(error_of(guest::rename("/e", "/e/f")) == EINVAL);
    CHECK(error_of(guest::rename("/e", "/e/.")) == EINVAL);
    CHECK(error_of(guest::rename("/e", "/")) == EBUSY);
    CHECK(error_of(guest::rename("/", "/e")) == EBUSY);
    CHECK(error_of(guest::rename("/none", "/e")) == ENOENT);
    CHECK(error_of(guest::rename("/none", "/none")) == ENOENT);
    CHECK(guest::rename("/e", "/ee") == 0);
    CHECK(guest::rename("/b", "/ee/f") == 0);
    guest::mkdir("/d", 0777);
    CHECK(error_of(guest::rename("/d", "/ee")) == ENOTEMPTY);
}

TEST_CASE("a file has several names, but not in two file systems")
{
    Mounted const mounted, other{"/other"};
    make("/a");
    REQUIRE(guest::link("/a", "/b") == 0);
    CHECK(status_of("/a").st_ino == status_of("/b").st_ino);
    CHECK(status_of("/b").st_nlink == 2);
    CHECK(guest::link("/a", "/c") == 0);
    CHECK(error_of(guest::link("/a", "/d")) == EMLINK);
    CHECK(error_of(guest::link("/a", "/b")) == EEXIST);
    CHECK(error_of(guest::link("/a", "/d/")) == ENOENT);
    CHECK(error_of(guest::link("/", "/d")) == EPERM);
    CHECK(error_of(guest::link("/a", "/other/a")) == EXDEV);
    CHECK(error_of(guest::rename("/a", "/other/a")) == EXDEV);
    CHECK(error_of(guest::rename("/other", "/b")) == EXDEV);
}

TEST_CASE("symbolic links are followed or not")
{
    Mounted const mounted;
    guest::mkdir("/d", 0777);
    make("/d/f");
    REQUIRE(guest::symlink("d", "/l") == 0);
    REQUIRE(guest::symlink("round", "/round") == 0);
    REQUIRE(guest::symlink("d/f", "/lf") == 0);
    char text[8] = "";
    CHECK(guest::readlink("/l", text, sizeof text) == 1);
    CHECK(guest::readlink("/round", text, 3) == 3);
    CHECK(std::string_view{text} == "rou");
    CHECK(error_of(guest::readlink("/d", text, 8)) == EINVAL);
    CHECK(error_of(guest::readlink("/", text, 8)) == EINVAL);
    CHECK(error_of(guest::readlink("/l/", text, 8)) == EINVAL);
    CHECK(error_of(guest::symlink("x", "/l")) == EEXIST);
    CHECK(error_of(guest::symlink("", "/n")) == ENOENT);
    CHECK(S_ISLNK(status_of("/l").st_mode));
    CHECK(S_ISDIR(status_of("/l/").st_mode));
    struct stat status;
    CHECK(guest::stat("/l/f", &status) == 0);
    CHECK(guest::stat("/l/../d", &status) == 0);
    CHECK(error_of(guest::stat("/round", &status)) == ELOOP);
    CHECK(error_of(guest::lstat("/lf/", &status)) == ENOTDIR);
    CHECK(error_of(guest::open("/lf", O_RDONLY | O_NOFOLLOW)) == ELOOP);
    CHECK(guest::unlink("/lf") == 0);
    CHECK(guest::access("/d/f", F_OK) == 0);
    CHECK(guest::remove("/l") == 0);
    CHECK(guest::access("/d", F_OK) == 0);
}

TEST_CASE("a directory's entries are read in order, and again")
{
    Mounted const mounted;
    make("/a");
    guest::mkdir("/b", 0777);
    make("/c");
    DIR* const stream = guest::opendir("/");
    REQUIRE(stream);
    CHECK(names_in(stream) == "a b/ c ");
    CHECK(names_in(stream).empty());
    guest::rewinddir(stream);
    CHECK(names_in(stream) == "a b/ c ");
    guest::rewinddir(stream);
    REQUIRE(guest::readdir(stream)->d_ino == status_of("/a").st_ino);
    long const second = guest::telldir(stream);
    names_in(stream);
    guest::seekdir(stream, second);
    CHECK(names_in(stream) == "b/ c ");
    struct stat status;
    CHECK(guest::fstat(guest::dirfd(stream), &status) == 0);
    CHECK(S_ISDIR(status.st_mode));
    char byte;
    CHECK(error_of(guest::read(guest::dirfd(stream), &byte, 1)) == EISDIR);
    guest::close(guest::dirfd(stream));
    CHECK(guest::readdir(stream) == nullptr);
    CHECK(errno == EBADF);
    CHECK(error_of(guest::closedir(stream)) == EBADF);
}

TEST_CASE("entries are removed while they are read")
{
    Mounted const mounted;
    guest::mkdir("/d", 0777);
    for (char const* path : {"/d/a", "/d/b", "/d/c", "/d/d"})
        make(path);
    guest::chdir("/d");
    DIR* const stream = guest::opendir(".");
    while (dirent const* const entry = guest::readdir(stream))
        CHECK(guest::unlink(entry->d_name) == 0);
    CHECK(guest::closedir(stream) == 0);
    CHECK(guest::chdir("/") == 0);
    CHECK(guest::rmdir("/d") == 0);
}

TEST_CASE("what is no directory cannot be read as one")
{
    Mounted const mounted;
    make("/a");
    for (auto const& [path, error] : {std::pair{"/a", ENOTDIR}, {"/none", ENOENT}}) {
        CHECK(guest::opendir(path) == nullptr);
        CHECK(errno == error);
    }
    int const file = guest::open("/a", O_RDONLY);
    CHECK(guest::fdopendir(file) == nullptr);
    CHECK(errno == ENOTDIR);
    CHECK(guest::close(file) == 0);
    CHECK(guest::fdopendir(file) == nullptr);
    CHECK(errno == EBADF);
}

TEST_CASE("relative paths begin at the current directory")
{
    Mounted const mounted, other{"/other"};
    guest::mkdir("/d", 0777);
    guest::mkdir("/other/e", 0777);
    make("/f");
    char path[16];
    REQUIRE(guest::getcwd(path, 2) == path);
    REQUIRE(std::string_view{path} == "/");
    REQUIRE(guest::chdir("d/") == 0);
    make("g");
    CHECK(status_of("/d/g").st_ino == status_of("./g").st_ino);
    CHECK(error_of(guest::chdir("g")) == ENOTDIR);
    CHECK(error_of(guest::chdir("none")) == ENOENT);
    CHECK(guest::getcwd(path, 2) == nullptr);
    CHECK(errno == ERANGE);
    CHECK(guest::chdir("../other/e") == 0);
    char* const allocated = guest::getcwd(nullptr, 0);
    CHECK(std::string_view{allocated} == "/other/e");
    std::free(allocated);
    CHECK(guest::unlink("../../f") == 0);
    CHECK(guest::chdir("/") == 0);
}

TEST_CASE("a path without symbolic links is found")
{
    Mounted const mounted, other{"/mnt/other"};
    guest::mkdir("/d", 0777);
    guest::mkdir("/d/e", 0777);
    guest::symlink("d/e", "/l");
    guest::symlink("../../../d", "/d/e/up");
    guest::symlink("/d", "/d/root");
    guest::symlink("round", "/round");
    make("/mnt/other/f");
    CHECK(real("/") == "/");
    CHECK(real("l/.") == "/d/e");
    CHECK(real("/l/up/e") == "/d/e");
    CHECK(real("/d/root/e") == "/d/e");
    CHECK(real("/mnt/other/./f") == "/mnt/other/f");
    CHECK(real("/mnt/other") == "/mnt/other");
    CHECK(real("/round") == std::to_string(ELOOP));
    CHECK(real("/d/none") == std::to_string(ENOENT));
    CHECK(real("") == std::to_string(ENOENT));
}

TEST_CASE("mode, owner and times are changed")
{
    Mounted const mounted;
    make("/f");
    guest::symlink("f", "/l");
    CHECK(guest::chmod("/l", 0100) == 0);
    CHECK(status_of("/f").st_mode == (S_IFREG | 0100));
    CHECK(guest::access("/f", X_OK) == 0);
    CHECK(guest::fchmodat(AT_FDCWD, "/f", 0600, 0) == 0);
    CHECK(error_of(guest::access("/f", X_OK)) == EACCES);
    CHECK(guest::chown("/l", 70'000, -1u) == 0);
    CHECK(guest::lchown("/l", -1u, 5) == 0);
    CHECK(status_of("/f").st_uid == 70'000);
    CHECK(status_of("/f").st_gid == 0);
    CHECK(status_of("/l").st_gid == 5);
    timespec const times[] = {{12, 34}, {0, UTIME_OMIT}}, wrong[] = {{0, 0}, {0, 1'000'000'000}};
    CHECK(guest::utimensat(AT_FDCWD, "/f", times, 0) == 0);
    CHECK(status_of("/f").st_atim.tv_nsec == 34);
    CHECK(status_of("/f").st_mtim.tv_sec == 0);
    CHECK(guest::utimensat(AT_FDCWD, "/f", nullptr, 0) == 0);
    CHECK(status_of("/f").st_mtim.tv_sec > 1'000'000'000);
    CHECK(error_of(guest::utimensat(AT_FDCWD, "/f", wrong, 0)) == EINVAL);
    CHECK(error_of(guest::utimensat(3, "f", nullptr, 0)) == ENOSYS);
    CHECK(error_of(guest::fchmodat(3, "f", 0, 0)) == ENOSYS);
    CHECK(error_of(guest::chmod("/f/", 0)) == ENOTDIR);
    int const file = guest::open("/f", O_RDONLY);
    CHECK(guest::fchmod(file, 0644) == 0);
    CHECK(guest::fchown(file, 1, 2) == 0);
    CHECK(guest::futimens(file, times) == 0);
    guest::close(file);
    CHECK(status_of("/f").st_mode == (S_IFREG | 0644));
    CHECK(status_of("/f").st_gid == 2);
    CHECK(error_of(guest::fchmod(file, 0)) == EBADF);
    CHECK(error_of(guest::fchmod(1, 0)) == EINVAL);
}

TEST_CASE("a file system says what room there is")
{
    Mounted const mounted;
    make("/f");
    struct statvfs space;
    REQUIRE(guest::statvfs("/f", &space) == 0);
    CHECK(space.f_blocks == 256);
    CHECK(space.f_files == 0);
    CHECK(error_of(guest::statvfs("/none", &space)) == ENOENT);
    int const file = guest::open("/f", O_RDONLY);
    CHECK(guest::fstatvfs(file, &space) == 0);
    guest::close(file);
    CHECK(error_of(guest::fstatvfs(file, &space)) == EBADF);
    CHECK(error_of(guest::fstatvfs(1, &space)) == ENOSYS);
}

TEST_CASE("what a file system does not do is ENOSYS")
{
    class Least final : public posix::FileSystem {
        Result<posix::File*> open(std::string_view, int, mode_t) override
        {
            return Failure{Errc::not_found};
        }
        Result<> status(std::string_view, posix::LastLink, struct stat& status) override
        {
            status.st_mode = S_IFDIR;
            return {};
        }
    } least;
    REQUIRE(posix::mount("/", least));
    struct statvfs space;
    char text[1];
    for (int const result :
         {guest::mkdir("/a", 0), guest::rmdir("/a"), guest::unlink("/a"), guest::rename("/a", "/b"),
          guest::link("/a", "/b"), guest::symlink("a", "/b"), guest::chmod("/a", 0),
          guest::statvfs("/", &space), static_cast<int>(guest::readlink("/a", text, 1))}) {
        CHECK(result == -1);
        CHECK(errno == ENOSYS);
    }
    CHECK(posix::unmount("/").error() == Errc::not_implemented);
    CHECK(error_of(guest::mkdir("/a", 0)) == ENOENT);
}
