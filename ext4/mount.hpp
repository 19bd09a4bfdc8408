#pragma once

#include <lodger/core/result.hpp>
#include <lodger/ext4/options.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace lodger::ext4 {

/// A disk of the guest's whose files are in the program's files, for as long as this lives:
/// `fopen("/data/name")`, `std::fstream`, `opendir`.
///
/// If the guest ends while it is mounted, it is unmounted then; what goes wrong with that is
/// printed, and the guest's exit status is not 0.
class Mount {
public:
    /// @param disk "xvda", or as `BlockDevice::open` has it
    /// @param where an absolute path, such as "/data"
    /// @param why what to tell people if it cannot be mounted
    /// @return as `BlockDevice::open`, `FileSystem::open` (ext4/file_system.hpp) and `posix::mount`
    static Result<std::unique_ptr<Mount>>
    create(std::string_view disk, std::string_view where, Options const& options, std::string& why);
    Mount(Mount const&) = delete;
    Mount& operator=(Mount const&) = delete;
    /// As `end`, but what goes wrong is only printed, and the guest's exit status is not 0 then.
    /// While a file of it is open all stays as it is until the guest ends.
    ~Mount();

    /// Writes everything, leaves the disk as one that was unmounted, and closes it.
    /// @return `busy` while files of it are open; what could not be done otherwise
    Result<> end();

private:
    struct Parts;
    explicit Mount(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

} // namespace lodger::ext4
