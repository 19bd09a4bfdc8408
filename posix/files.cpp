/// The system calls on files that newlib's stdio is made of. What a descriptor stands for is a
/// `File`, so a program that opens nothing has no more of this than the console.

#include <lodger/posix/console_file.hpp>
#include <lodger/posix/files.hpp>

#include <climits>
#include <unistd.h>

namespace lodger::posix {

constinit Descriptors descriptors{standard_stream, standard_stream, standard_stream};

Result<std::size_t> read_on(File& file, std::span<std::byte> to)
{
    std::size_t const count = LODGER_TRY(file.read(file.position, to));
    file.position += count;
    return count;
}

Result<std::size_t> write_on(File& file, std::span<std::byte const> from)
{
    std::size_t const count = LODGER_TRY(
        file.flags & O_APPEND ? file.append(file.position, from) : file.write(file.position, from));
    file.position += count;
    return count;
}

Result<> describe(File const& file, struct stat& status)
{
    status = {};
    status.st_nlink = 1;
    return file.describe(status);
}

} // namespace lodger::posix

using namespace lodger::posix;

/// An `int` in newlib.
using Count = decltype(read(0, nullptr, 0));

namespace {

/// What `lseek` counts from.
lodger::Result<std::uint64_t> base_of(File const& file, int from)
{
    switch (from) {
    case SEEK_SET: return std::uint64_t{0};
    case SEEK_CUR: return file.position;
    case SEEK_END: return file.size();
    default: return lodger::Failure{lodger::Errc::invalid_argument};
    }
}

} // namespace

extern "C" {

Count read(int descriptor, void* bytes, std::size_t size)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file || !file->can_read())
        return fail(EBADF);
    size = std::min<std::size_t>(size, INT_MAX);
    PositionInUse const position{*file};
    return outcome<Count>(read_on(*file, {static_cast<std::byte*>(bytes), size}));
}

Count write(int descriptor, void const* bytes, std::size_t size)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file || !file->can_write())
        return fail(EBADF);
    size = std::min<std::size_t>(size, INT_MAX);
    PositionInUse const position{*file};
    return outcome<Count>(write_on(*file, {static_cast<std::byte const*>(bytes), size}));
}

int close(int descriptor)
{
    return descriptors.remove(descriptor) ? 0 : fail(EBADF);
}

off_t lseek(int descriptor, off_t offset, int from)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    if (file->is_stream())
        return fail(ESPIPE);
    PositionInUse const in_use{*file};
    auto const base = base_of(*file, from);
    if (!base)
        return fail(base.error());
    off_t position = 0;
    if (__builtin_add_overflow(*base, offset, &position) || position < 0)
        return fail(EINVAL);
    file->position = static_cast<std::uint64_t>(position);
    return position;
}

int fstat(int descriptor, struct stat* status)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    return outcome(describe(*file, *status));
}

int isatty(int descriptor)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    return file->is_terminal() ? 1 : (errno = ENOTTY, 0);
}
}
