/// `open` and `stat`: of devices, and of what is mounted.

#include <lodger/posix/devices.hpp>
#include <lodger/posix/files.hpp>

#include <cstdarg>
#include <unistd.h>

using namespace lodger::posix;
using lodger::Errc;
using lodger::Failure;
using lodger::Result;

constinit ByPath const* lodger::posix::by_path = nullptr;

namespace {

Result<File*> open_file(std::string_view path, int flags, mode_t mode)
{
    if (by_path)
        return by_path->open(path, flags, mode);
    if (!path.starts_with(devices))
        return Failure{Errc::not_found};
    return open_device(path.substr(devices.size()), flags);
}

Result<> status_of(std::string_view path, bool follow, struct stat& status)
{
    if (by_path)
        return by_path->status(path, follow, status);
    InUse const file{LODGER_TRY(open_file(path, O_RDONLY, 0))};
    return describe(*file, status);
}

} // namespace

extern "C" {

int open(char const* path, int flags, ...)
{
    std::va_list arguments;
    va_start(arguments, flags);
    mode_t const mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    // Before anything is created or cut off.
    if (descriptors.is_full())
        return fail(EMFILE);
    auto const opened = open_file(path, flags, mode);
    if (!opened)
        return fail(opened.error());
    InUse const file{*opened};
    int const descriptor = descriptors.add(*file);
    return descriptor >= 0 ? descriptor : fail(EMFILE);
}

int creat(char const* path, mode_t mode)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int stat(char const* path, struct stat* status)
{
    return outcome(status_of(path, true, *status));
}

int lstat(char const* path, struct stat* status)
{
    return outcome(status_of(path, false, *status));
}
}
