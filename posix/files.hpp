#pragma once

#include <lodger/posix/errors.hpp>
#include <lodger/posix/file.hpp>
#include <lodger/posix/open_files.hpp>

namespace lodger::posix {

/// The guest's descriptors. 0, 1 and 2 are the console from the start.
using Descriptors = OpenFiles<File, 64>;
extern constinit Descriptors descriptors;

/// The result of a system call that counts bytes.
template <class Count>
Count outcome(Result<std::size_t> const& result)
{
    return result ? static_cast<Count>(*result) : fail(result.error());
}

/// The result of one that does something or not.
inline int outcome(Result<> const& result)
{
    return result ? 0 : fail(result.error());
}

/// Keeps a file's position to one call until the end of the block: POSIX has reads and writes of
/// two threads come one after the other (2.9.7), and each waits in between. A stream has no
/// position, and a read there that waits for a key holds up no write; neither is an event handler
/// held up, which cannot wait.
class PositionInUse {
public:
    explicit PositionInUse(File& file)
        : moving_{
              !file.is_stream() && pthread_mutex_lock(&file.moving) == 0 ? &file.moving : nullptr}
    {
    }
    PositionInUse(PositionInUse const&) = delete;
    PositionInUse& operator=(PositionInUse const&) = delete;
    ~PositionInUse()
    {
        if (moving_)
            pthread_mutex_unlock(moving_);
    }

private:
    pthread_mutex_t* moving_;
};

/// At its position, or its end with O_APPEND; the position moves on. To be called with the position
/// in use.
Result<std::size_t> read_on(File& file, std::span<std::byte> to);
Result<std::size_t> write_on(File& file, std::span<std::byte const> from);

Result<> describe(File const& file, struct stat& status);

} // namespace lodger::posix
