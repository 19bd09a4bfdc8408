/// What a file has besides its contents: its size, mode, owner and times.

#include <lodger/posix/files.hpp>
#include <lodger/posix/place.hpp>

#include <time.h>
#include <unistd.h>
#include <utility>

using namespace lodger::posix;
using lodger::Errc;
using lodger::Failure;
using lodger::Result;

namespace {

int change_at(char const* path, LastLink last, Changes const& changes)
{
    return outcome(at(path, [&](Place const& place) -> Result<> {
        LODGER_TRY(check_end(place));
        return place.file_system.change(place.path, place.last(last), changes);
    }));
}

int change_open(int descriptor, Changes const& changes)
{
    InUse const file{descriptors.find(descriptor)};
    return file ? outcome(file->change(changes)) : fail(EBADF);
}

Changes mode_of(mode_t mode)
{
    return {.mode = mode & 07777};
}

/// -1 is what stays as it is.
Changes owner_of(uid_t owner, gid_t group)
{
    Changes changes;
    if (owner != static_cast<uid_t>(-1))
        changes.owner = owner;
    if (group != static_cast<gid_t>(-1))
        changes.group = group;
    return changes;
}

/// @return nothing for what is no time
std::optional<Changes> times_of(timespec const* times)
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (!times)
        return Changes{.accessed = now, .modified = now};
    Changes changes;
    for (auto const& [time, change] :
         {std::pair{times[0], &changes.accessed}, std::pair{times[1], &changes.modified}}) {
        if (time.tv_nsec == UTIME_OMIT)
            continue;
        if (time.tv_nsec != UTIME_NOW && (time.tv_nsec < 0 || time.tv_nsec >= 1'000'000'000))
            return std::nullopt;
        *change = time.tv_nsec == UTIME_NOW ? now : time;
    }
    return changes;
}

/// There are no paths from an open directory on: ENOSYS.
bool is_from_here(int directory, char const* path)
{
    return directory == AT_FDCWD || *path == '/';
}

LastLink last_of(int flags)
{
    return flags & AT_SYMLINK_NOFOLLOW ? LastLink::keep : LastLink::follow;
}

} // namespace

extern "C" {

mode_t umask(mode_t mode)
{
    return std::exchange(denied_modes, mode & 0777);
}

/// The only user may do everything but write where nothing can be written, and run what nobody can.
int access(char const* path, int wanted)
{
    struct stat file;
    struct statvfs space;
    if (stat(path, &file) < 0)
        return -1;
    if ((wanted & X_OK) && !S_ISDIR(file.st_mode) && !(file.st_mode & 0111))
        return fail(EACCES);
    if ((wanted & W_OK) && statvfs(path, &space) == 0 && (space.f_flag & ST_RDONLY))
        return fail(EROFS);
    return 0;
}

int truncate(char const* path, off_t size)
{
    if (size < 0)
        return fail(EINVAL);
    return change_at(path, LastLink::follow, {.size = static_cast<std::uint64_t>(size)});
}

int ftruncate(int descriptor, off_t size)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    if (size < 0 || !file->can_write())
        return fail(EINVAL);
    return outcome(file->change({.size = static_cast<std::uint64_t>(size)}));
}

int chmod(char const* path, mode_t mode)
{
    return change_at(path, LastLink::follow, mode_of(mode));
}

int fchmod(int descriptor, mode_t mode)
{
    return change_open(descriptor, mode_of(mode));
}

int fchmodat(int directory, char const* path, mode_t mode, int flags)
{
    return is_from_here(directory, path) ? change_at(path, last_of(flags), mode_of(mode))
                                         : fail(ENOSYS);
}

int chown(char const* path, uid_t owner, gid_t group)
{
    return change_at(path, LastLink::follow, owner_of(owner, group));
}

int lchown(char const* path, uid_t owner, gid_t group)
{
    return change_at(path, LastLink::keep, owner_of(owner, group));
}

int fchown(int descriptor, uid_t owner, gid_t group)
{
    return change_open(descriptor, owner_of(owner, group));
}

int utimensat(int directory, char const* path, timespec const* times, int flags)
{
    auto const changes = times_of(times);
    if (!is_from_here(directory, path))
        return fail(ENOSYS);
    return changes ? change_at(path, last_of(flags), *changes) : fail(EINVAL);
}

int futimens(int descriptor, timespec const* times)
{
    auto const changes = times_of(times);
    return changes ? change_open(descriptor, *changes) : fail(EINVAL);
}
}
