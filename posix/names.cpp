/// Making, moving and removing names in what is mounted.

#include <lodger/posix/files.hpp>
#include <lodger/posix/place.hpp>

#include <cstdio>
#include <unistd.h>

using namespace lodger::posix;
using lodger::Errc;
using lodger::Failure;
using lodger::Result;

namespace {

/// What a new name of what is no directory has to be.
Result<> check_new(Place const& place)
{
    if (place.is_root())
        return Failure{Errc::exists};
    return place.end == Path::End::name ? Result<>{} : Failure{Errc::not_found};
}

/// What a directory's name has to be if it is to go: the root is in use, and dots mean another.
Result<> check_gone(Place const& place)
{
    if (place.is_root())
        return Failure{Errc::busy};
    return place.end == Path::End::dots ? Failure{Errc::invalid_argument} : Result<>{};
}

Result<> rename_within(Place const& from, Place const& to)
{
    if (&from.file_system != &to.file_system)
        return Failure{Errc::cross_device};
    LODGER_TRY(check_gone(from));
    LODGER_TRY(check_gone(to));
    struct stat what;
    LODGER_TRY(status(from, LastLink::keep, what));
    if (to.end == Path::End::slash && !S_ISDIR(what.st_mode))
        return Failure{Errc::not_a_directory};
    if (from.path == to.path)
        return {};
    if (to.path.starts_with(from.path) && to.path[from.path.size()] == '/')
        return Failure{Errc::invalid_argument};
    return from.file_system.rename(from.path, to.path);
}

Result<> link_within(Place const& from, Place const& to)
{
    if (&from.file_system != &to.file_system)
        return Failure{Errc::cross_device};
    LODGER_TRY(check_end(from));
    if (from.is_root())
        return Failure{Errc::not_permitted_now};
    LODGER_TRY(check_new(to));
    return from.file_system.link(from.path, to.path);
}

/// Has `act` do something with two places.
template <class Act>
int at_both(char const* from, char const* to, Act act)
{
    return outcome(at(from, [&](Place const& first) {
        return at(to, [&](Place const& second) { return act(first, second); });
    }));
}

Result<> unlink_at(Place const& place)
{
    LODGER_TRY(check_end(place));
    if (place.is_root())
        return Failure{Errc::is_a_directory};
    return place.file_system.unlink(place.path);
}

} // namespace

extern "C" {

int mkdir(char const* path, mode_t mode)
{
    return outcome(at(path, [mode](Place const& place) -> Result<> {
        if (place.is_root())
            return Failure{Errc::exists};
        return place.file_system.make_directory(place.path, mode & 01777 & ~denied_modes);
    }));
}

int rmdir(char const* path)
{
    return outcome(at(path, [](Place const& place) -> Result<> {
        LODGER_TRY(check_gone(place));
        return place.file_system.remove_directory(place.path);
    }));
}

int unlink(char const* path)
{
    return outcome(at(path, unlink_at));
}

/// newlib's own knows only `unlink`.
int remove(char const* path)
{
    struct stat status;
    if (lstat(path, &status) < 0)
        return -1;
    return S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path);
}

/// What newlib's `tmpfile` calls, and its `remove` comes with.
int _remove_r(struct _reent*, char const* path)
{
    return remove(path);
}

int rename(char const* from, char const* to)
{
    return at_both(from, to, rename_within);
}

/// A link that `from` ends at gets one more name itself, as on Linux.
int link(char const* from, char const* to)
{
    return at_both(from, to, link_within);
}

int symlink(char const* text, char const* path)
{
    return outcome(at(path, [text](Place const& place) -> Result<> {
        if (*text == '\0')
            return Failure{Errc::not_found};
        LODGER_TRY(check_new(place));
        return place.file_system.symlink(text, place.path);
    }));
}

ssize_t readlink(char const* path, char* text, size_t size)
{
    return outcome<ssize_t>(at(path, [&](Place const& place) -> Result<std::size_t> {
        LODGER_TRY(check_end(place));
        if (place.is_root() || place.end != Path::End::name)
            return Failure{Errc::invalid_argument};
        return place.file_system.read_link(place.path, {text, size});
    }));
}
}
