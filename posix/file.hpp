#pragma once

#include <lodger/core/result.hpp>
#include <lodger/core/time.hpp>

#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <pthread.h>
#include <span>
#include <sys/stat.h>

namespace lodger::posix {

class Directory;
class FileSystem;

/// What is to be changed of a file, and what is to be left as it is.
struct Changes {
    std::optional<std::uint64_t> size{}; ///< bytes beyond the present size are zeros
    std::optional<mode_t> mode{};        ///< the bits of 07777
    std::optional<uid_t> owner{};
    std::optional<gid_t> group{};
    std::optional<timespec> accessed{};
    std::optional<timespec> modified{};
};

/// What the descriptors of one `open` stand for. Its last user calls `unused`: a descriptor, or a
/// system call that has not returned yet (posix/open_files.hpp).
class File {
public:
    /// @param how the flags of `open`
    /// @param who how many use it from the start
    constexpr explicit File(int how, unsigned who = 0) : flags{how}, users{who} {}
    File(File const&) = delete;
    File& operator=(File const&) = delete;

    /// @param at bytes from the start, where there is one
    /// @return how many bytes, none at the end
    virtual Result<std::size_t> read(std::uint64_t at, std::span<std::byte> to) = 0;
    /// @param at beyond the end there are zeros in between, if the file can grow
    virtual Result<std::size_t> write(std::uint64_t at, std::span<std::byte const> from) = 0;
    /// Writes at the end. A file that can grow sees to it that nobody else comes in between.
    /// @param at where that was
    virtual Result<std::size_t> append(std::uint64_t& at, std::span<std::byte const> from)
    {
        at = LODGER_TRY(size());
        return write(at, from);
    }
    /// Whether it has neither a size nor a position.
    virtual bool is_stream() const { return false; }
    /// Not asked of a stream.
    virtual Result<std::uint64_t> size() const { return std::uint64_t{0}; }
    /// @return `unsupported` if nobody can say whether what was written is safe
    virtual Result<> sync() { return Failure{Errc::unsupported}; }
    /// `ioctl`. @return `unsupported` for what it does not know
    virtual Result<> control(unsigned long, void*) { return Failure{Errc::unsupported}; }
    /// @param status of zeros, but for `st_nlink`, which is 1
    virtual Result<> describe(struct stat& status) const = 0;
    /// @return `invalid_argument` for what cannot be changed of such a file
    virtual Result<> change(Changes const&) { return Failure{Errc::invalid_argument}; }
    virtual bool is_terminal() const { return false; }

    /// Which of POLLIN and POLLOUT would not have to wait.
    virtual short ready() { return POLLIN | POLLOUT; }
    /// Waits until more may be ready.
    /// @return `unsupported` if nothing of these events is worth waiting for
    virtual Result<> wait_ready(short, Deadline) { return Failure{Errc::unsupported}; }

    /// Where it is stored; null for a device.
    virtual FileSystem* file_system() const { return nullptr; }
    /// Null if it is none.
    virtual Directory* as_directory() { return nullptr; }

    virtual void unused() = 0;

    bool can_read() const { return (flags & O_ACCMODE) != O_WRONLY; }
    bool can_write() const { return (flags & O_ACCMODE) != O_RDONLY; }

    int flags; ///< of `open`
    unsigned users;
    std::uint64_t position = 0;
    pthread_mutex_t moving = PTHREAD_MUTEX_INITIALIZER; ///< see `PositionInUse`

protected:
    constexpr ~File() = default;
};

} // namespace lodger::posix
