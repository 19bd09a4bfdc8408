#pragma once

#include <lodger/ext4/state.hpp>

namespace lodger::ext4 {

/// A file that is open.
class OpenFile final : public posix::StoredFile {
public:
    OpenFile(FileSystem& home, ext2_ino_t inode, int how);

    Result<std::size_t> read(std::uint64_t at, std::span<std::byte> to) override;
    Result<std::size_t> write(std::uint64_t at, std::span<std::byte const> from) override;
    Result<std::size_t> append(std::uint64_t& at, std::span<std::byte const> from) override;
    Result<std::uint64_t> size() const override;
    Result<> sync() override { return home_.sync(); }
    Result<> describe(struct stat& status) const override;
    Result<> change(posix::Changes const& changes) override;
    void unused() override;

private:
    Result<std::size_t> write_now(std::uint64_t at, std::span<std::byte const> from);
    Result<Inode> inode() const;
    FileSystem::State& state() const { return *home_.state_; }

    FileSystem& home_;
    ext2_ino_t const inode_;
};

/// A directory that is being read: its names are those of when it was opened, or last read from the
/// start.
class OpenDirectory final : public posix::Directory {
public:
    OpenDirectory(FileSystem& home, ext2_ino_t inode, int how);

    Result<bool> next(std::uint64_t& position, dirent& entry) override;
    Result<> sync() override { return home_.sync(); }
    Result<> describe(struct stat& status) const override;
    Result<> change(posix::Changes const& changes) override;
    void unused() override;

private:
    Result<> load();

    FileSystem& home_;
    ext2_ino_t const inode_;
    Listing entries_;
    bool is_loaded_ = false;
};

} // namespace lodger::ext4
