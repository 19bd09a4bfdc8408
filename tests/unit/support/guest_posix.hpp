#pragma once

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/// POSIX's functions as a guest has them, beside those of the machine that the tests run on
/// (tests/host.mk). The devices are those of guest_devices.cpp.
#define GUEST(result, name, parameters) result name parameters asm("guest_" #name)

namespace lodger::test::guest {

GUEST(int, open, (char const* path, int flags, ...));
GUEST(int, creat, (char const* path, mode_t mode));
GUEST(int, close, (int file));
GUEST(int, dup, (int file));
GUEST(int, fcntl, (int file, int command, ...));
GUEST(ssize_t, read, (int file, void* to, std::size_t size));
GUEST(ssize_t, write, (int file, void const* from, std::size_t size));
GUEST(ssize_t, pread, (int file, void* to, std::size_t size, off_t at));
GUEST(ssize_t, pwrite, (int file, void const* from, std::size_t size, off_t at));
GUEST(off_t, lseek, (int file, off_t at, int from));
GUEST(int, fsync, (int file));

GUEST(int, stat, (char const* path, struct stat* status));
GUEST(int, lstat, (char const* path, struct stat* status));
GUEST(int, fstat, (int file, struct stat* status));
GUEST(int, access, (char const* path, int wanted));
GUEST(int, truncate, (char const* path, off_t size));
GUEST(int, ftruncate, (int file, off_t size));
GUEST(int, chmod, (char const* path, mode_t mode));
GUEST(int, fchmod, (int file, mode_t mode));
GUEST(int, fchmodat, (int directory, char const* path, mode_t mode, int flags));
GUEST(int, chown, (char const* path, uid_t owner, gid_t group));
GUEST(int, lchown, (char const* path, uid_t owner, gid_t group));
GUEST(int, fchown, (int file, uid_t owner, gid_t group));
GUEST(int, utimensat, (int directory, char const* path, timespec const* times, int flags));
GUEST(int, futimens, (int file, timespec const* times));
GUEST(mode_t, umask, (mode_t mode));

GUEST(int, mkdir, (char const* path, mode_t mode));
GUEST(int, rmdir, (char const* path));
GUEST(int, unlink, (char const* path));
GUEST(int, remove, (char const* path));
GUEST(int, rename, (char const* from, char const* to));
GUEST(int, link, (char const* from, char const* to));
GUEST(int, symlink, (char const* text, char const* path));
GUEST(ssize_t, readlink, (char const* path, char* to, std::size_t size));
GUEST(char*, realpath, (char const* path, char* to));

GUEST(DIR*, opendir, (char const* path));
GUEST(DIR*, fdopendir, (int file));
GUEST(dirent*, readdir, (DIR * stream));
GUEST(void, rewinddir, (DIR * stream));
GUEST(void, seekdir, (DIR * stream, long position));
GUEST(long, telldir, (DIR * stream));
GUEST(int, dirfd, (DIR * stream));
GUEST(int, closedir, (DIR * stream));
GUEST(int, chdir, (char const* path));
GUEST(char*, getcwd, (char* to, std::size_t size));

GUEST(int, statvfs, (char const* path, struct statvfs* space));
GUEST(int, fstatvfs, (int file, struct statvfs* space));
GUEST(int, syncfs, (int file));
GUEST(void, sync, ());

} // namespace lodger::test::guest

#undef GUEST

namespace lodger::test {

/// The error that a call has failed with; 0 if it has not.
inline int error_of(long result)
{
    return result == -1 ? errno : 0;
}

} // namespace lodger::test
