#pragma once

#include <lodger/posix/file_system.hpp>

namespace lodger::posix {

/// Has paths at and below `path` mean what is in `file_system`, which must stay until it is
/// unmounted or the guest has ended: an object with static storage is destroyed too early. There
/// need not be a directory. Of several mounts the one with the longest path counts, and what begins
/// with `/dev/` is a device as ever.
/// @param path absolute
/// @return `busy` if something is mounted there, or the file system is mounted elsewhere
/// @return `no_memory` if there are too many mounts, `name_too_long`
/// @return `invalid_argument` for a relative path, or one to devices
Result<> mount(std::string_view path, FileSystem& file_system);

/// Waits while another thread unmounts, be it at the end of the guest.
/// @return `busy` while a file of it is open or a call on it has not returned
/// @return `invalid_argument` if nothing is mounted there
/// @return what `FileSystem::unmounted` says; it is unmounted then, too
Result<> unmount(std::string_view path);

/// For who unmounts and has nobody to tell: a failure is printed, and the guest's exit status is
/// not 0 then.
void report_unmounted(std::string_view path, Result<> const& unmounted);

} // namespace lodger::posix
