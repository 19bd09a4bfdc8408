/// What else is asked of an open file: to be safe on its medium, to say what it is, to be had
/// twice.

#include <lodger/posix/files.hpp>

#include <cstdarg>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace lodger::posix;
using lodger::Errc;

namespace {

/// One more descriptor, at least `least`.
int again(File& file, int least)
{
    if (least < 0 || least >= static_cast<int>(Descriptors::size))
        return fail(EINVAL);
    int const other = descriptors.add(file, static_cast<std::size_t>(least));
    return other >= 0 ? other : fail(EMFILE);
}

} // namespace

extern "C" {

/// EINVAL is POSIX's word for a file of which nobody can say whether it is safe.
int fsync(int descriptor)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    auto const synced = file->sync();
    if (synced)
        return 0;
    return synced.error() == Errc::unsupported ? fail(EINVAL) : fail(synced.error());
}

int fdatasync(int descriptor)
{
    return fsync(descriptor);
}

int ioctl(int descriptor, unsigned long request, ...)
{
    std::va_list arguments;
    va_start(arguments, request);
    void* const argument = va_arg(arguments, void*);
    va_end(arguments);
    InUse const file{descriptors.find(descriptor)};
    // What is discarded is gone, as if it were written over.
    if (!file || (request == BLKDISCARD && !file->can_write()))
        return fail(EBADF);
    auto const done = file->control(request, argument);
    if (done)
        return 0;
    return done.error() == Errc::unsupported ? fail(ENOTTY) : fail(done.error());
}

int dup(int descriptor)
{
    return fcntl(descriptor, F_DUPFD, 0);
}

/// Of the commands there are F_GETFL, F_SETFL (O_APPEND, O_NONBLOCK), F_DUPFD, and F_GETFD and
/// F_SETFD, of no consequence where no other program is ever begun.
int fcntl(int descriptor, int command, ...)
{
    std::va_list arguments;
    va_start(arguments, command);
    int const argument = va_arg(arguments, int);
    va_end(arguments);
    constexpr int changeable = O_APPEND | O_NONBLOCK;
    constexpr int only_to_open = O_CREAT | O_EXCL | O_TRUNC;
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: return again(*file, argument);
    case F_GETFD:
    case F_SETFD: return 0;
    case F_GETFL: return file->flags & ~only_to_open;
    case F_SETFL: file->flags = (file->flags & ~changeable) | (argument & changeable); return 0;
    default: return fail(EINVAL);
    }
}
}
