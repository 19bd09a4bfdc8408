#pragma once

#include <lodger/posix/path.hpp>

#include <span>

namespace lodger::posix {

class FileSystem;

/// Which file system is mounted where.
class MountTable {
public:
    struct Mount {
        Path at;
        FileSystem* file_system = nullptr;
    };

    /// @return `busy` if something is mounted there, or it is mounted elsewhere; `no_memory`
    constexpr Result<> add(Path const& at, FileSystem& file_system)
    {
        for (Mount const& mount : all())
            if (mount.at == at || mount.file_system == &file_system)
                return Failure{Errc::busy};
        if (count_ == mounts_.size())
            return Failure{Errc::no_memory};
        mounts_[count_++] = {at, &file_system};
        return {};
    }

    /// The file system that is mounted at exactly this place; null if none is.
    constexpr FileSystem* at(Path const& at) const
    {
        for (Mount const& mount : all())
            if (mount.at == at)
                return mount.file_system;
        return nullptr;
    }

    constexpr void remove(FileSystem const& file_system)
    {
        for (Mount& mount : std::span{mounts_}.first(count_))
            if (mount.file_system == &file_system) {
                mount = mounts_[--count_];
                return;
            }
    }

    /// The mount that a path is in, the one with the longest path if there are several; or null.
    constexpr Mount const* find(Path const& path) const
    {
        Mount const* found = nullptr;
        for (Mount const& mount : all())
            if (path.is_in(mount.at) && (!found || mount.at.is_in(found->at)))
                found = &mount;
        return found;
    }

    constexpr std::span<Mount const> all() const { return std::span{mounts_}.first(count_); }

private:
    std::array<Mount, 8> mounts_{};
    std::size_t count_ = 0;
};

} // namespace lodger::posix
