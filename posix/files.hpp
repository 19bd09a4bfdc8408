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

/// At its position, or its end with O_APPEND; the position moves on.
Result<std::size_t> read_on(File& file, std::span<std::byte> to);
Result<std::size_t> write_on(File& file, std::span<std::byte const> from);

Result<> describe(File const& file, struct stat& status);

} // namespace lodger::posix
