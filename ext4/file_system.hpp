#pragma once

#include <lodger/ext4/medium.hpp>
#include <lodger/ext4/options.hpp>
#include <lodger/posix/file_system.hpp>

#include <memory>
#include <string>

namespace lodger::ext4 {

/// An ext2, ext3 or ext4 file system on a medium, for posix/mount.hpp. One thread at a time is in
/// it, others wait; it must not be used in an event handler.
class FileSystem final : public posix::FileSystem {
public:
    /// @param medium stays until this is destroyed
    /// @param why what to tell people if it is refused
    /// @return `protocol` for what is no file system, `unsupported` for what it has and we have
    /// not, `not_permitted_now` for what e2fsck has to see first; the medium's own error
    static Result<std::unique_ptr<FileSystem>>
    open(Medium& medium, Options const& options, std::string& why);
    ~FileSystem();

    Result<posix::File*> open(std::string_view path, int flags, mode_t mode) override;
    Result<> status(std::string_view path, posix::LastLink last, struct stat& status) override;
    Result<>
    change(std::string_view path, posix::LastLink last, posix::Changes const& changes) override;
    Result<> make_directory(std::string_view path, mode_t mode) override;
    Result<> remove_directory(std::string_view path) override;
    Result<> rename(std::string_view from, std::string_view to) override;
    Result<> link(std::string_view from, std::string_view to) override;
    Result<> unlink(std::string_view path) override;
    Result<> symlink(std::string_view text, std::string_view path) override;
    Result<std::size_t> read_link(std::string_view path, std::span<char> to) override;
    Result<> describe(struct statvfs& space) override;
    Result<> sync() override;
    /// All of it is on the medium, and says that it was unmounted. Afterwards it is closed: every
    /// call is `disconnected`.
    Result<> unmounted() override;

private:
    friend class OpenFile;
    friend class OpenDirectory;
    struct State;

    explicit FileSystem(std::unique_ptr<State> state);

    template <class Do>
    auto alone(Do what) -> decltype(what());
    template <class Change>
    Result<> change_alone(Change what);

    std::unique_ptr<State> state_;
};

} // namespace lodger::ext4
