/// Reading and writing at a given place, and of memory in several pieces.

#include <lodger/posix/files.hpp>

#include <climits>
#include <limits>
#include <sys/uio.h>
#include <unistd.h>

using namespace lodger::posix;
using lodger::Result;

namespace {

/// Whether pieces are such as the calls take: not too many, and in sum a length.
bool are_sound(iovec const* pieces, int count)
{
    std::size_t sum = 0;
    if (count < 0 || count > IOV_MAX)
        return false;
    for (iovec const& piece : std::span{pieces, static_cast<std::size_t>(count)})
        if (__builtin_add_overflow(sum, piece.iov_len, &sum) ||
            sum > std::numeric_limits<ssize_t>::max())
            return false;
    return true;
}

/// One piece after the other, until one is moved only in part. An error counts only if nothing was
/// moved before it.
template <class Byte, class Move>
ssize_t move_pieces(iovec const* pieces, int count, Move move)
{
    if (!are_sound(pieces, count))
        return fail(EINVAL);
    std::size_t sum = 0;
    for (iovec const& piece : std::span{pieces, static_cast<std::size_t>(count)}) {
        std::span<Byte> const bytes{static_cast<Byte*>(piece.iov_base), piece.iov_len};
        Result<std::size_t> const moved = move(sum, bytes);
        if (!moved && sum == 0)
            return fail(moved.error());
        sum += moved.value_or(0);
        if (!moved || *moved < bytes.size())
            break;
    }
    return static_cast<ssize_t>(sum);
}

/// The error of a positioned call, or 0.
int check(File const* file, off_t offset, bool permitted)
{
    if (!file || !permitted)
        return EBADF;
    if (file->is_stream())
        return ESPIPE;
    return offset < 0 ? EINVAL : 0;
}

} // namespace

extern "C" {

ssize_t readv(int descriptor, iovec const* pieces, int count)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file || !file->can_read())
        return fail(EBADF);
    PositionInUse const position{*file};
    return move_pieces<std::byte>(
        pieces, count, [&](std::size_t, std::span<std::byte> to) { return read_on(*file, to); });
}

ssize_t writev(int descriptor, iovec const* pieces, int count)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file || !file->can_write())
        return fail(EBADF);
    PositionInUse const position{*file};
    return move_pieces<std::byte const>(
        pieces, count,
        [&](std::size_t, std::span<std::byte const> from) { return write_on(*file, from); });
}

ssize_t preadv(int descriptor, iovec const* pieces, int count, off_t offset)
{
    InUse const file{descriptors.find(descriptor)};
    if (int const error = check(file.get(), offset, file && file->can_read()))
        return fail(error);
    return move_pieces<std::byte>(pieces, count, [&](std::size_t done, std::span<std::byte> to) {
        return file->read(static_cast<std::uint64_t>(offset) + done, to);
    });
}

ssize_t pwritev(int descriptor, iovec const* pieces, int count, off_t offset)
{
    InUse const file{descriptors.find(descriptor)};
    if (int const error = check(file.get(), offset, file && file->can_write()))
        return fail(error);
    return move_pieces<std::byte const>(
        pieces, count, [&](std::size_t done, std::span<std::byte const> from) {
            return file->write(static_cast<std::uint64_t>(offset) + done, from);
        });
}

ssize_t pread(int descriptor, void* bytes, size_t size, off_t offset)
{
    iovec const piece{bytes, size};
    return preadv(descriptor, &piece, 1, offset);
}

ssize_t pwrite(int descriptor, void const* bytes, size_t size, off_t offset)
{
    iovec const piece{const_cast<void*>(bytes), size};
    return pwritev(descriptor, &piece, 1, offset);
}
}
