#pragma once

#include <lodger/posix/devices.hpp>
#include <lodger/posix/file_system.hpp>
#include <lodger/posix/mount_table.hpp>

namespace lodger::posix {

extern constinit MountTable mounts;
/// Where relative paths begin.
extern constinit Path current_directory;
/// Bits that no new file's mode has: `umask`.
extern constinit mode_t denied_modes;

/// What a program's path leads to.
struct Place {
    FileSystem& file_system;
    std::string_view path; ///< below where that is mounted
    Path::End end;

    bool is_root() const { return path.empty(); }
    /// With a slash or dots at its end a path means a directory, also through a link.
    LastLink last(LastLink without) const
    {
        return end == Path::End::name ? without : LastLink::follow;
    }
};

Result<> status(Place const& place, LastLink last, struct stat& status);
/// @return `not_a_directory` if the path means one and there is none
Result<> check_end(Place const& place);

/// From the current directory on.
inline Result<Path> path_of(std::string_view text)
{
    Path path = current_directory;
    LODGER_TRY(path.go(text));
    return path;
}

/// Has `act` do something at a path, and the file system in use meanwhile.
/// @return `not_permitted_now` for a device, of which nothing but its contents can be changed
template <class Act>
auto at(Path const& path, Act act) -> decltype(act(std::declval<Place const&>()))
{
    if (path.text().starts_with(devices))
        return Failure{Errc::not_permitted_now};
    auto const* const mount = mounts.find(path);
    if (!mount)
        return Failure{Errc::not_found};
    InUse const file_system{mount->file_system};
    return act(Place{*file_system, path.below(mount->at), path.end()});
}

template <class Act>
auto at(std::string_view text, Act act) -> decltype(act(std::declval<Place const&>()))
{
    return at(LODGER_TRY(path_of(text)), act);
}

} // namespace lodger::posix
