/// `open`, and what there is to be opened. Only a program that calls it has the block frontend.

#include <lodger/posix/console_file.hpp>
#include <lodger/posix/disk_file.hpp>
#include <lodger/posix/files.hpp>
#include <lodger/posix/null_file.hpp>

#include <new>
#include <unistd.h>

using namespace lodger::posix;
using lodger::Errc;
using lodger::Failure;
using lodger::Result;

namespace {

template <class T>
Result<File*> make(int flags)
{
    File* const file = new (std::nothrow) T{flags};
    return file ? Result<File*>{file} : Failure{Errc::no_memory};
}

Result<File*> open_file(std::string_view path, int flags)
{
    constexpr std::string_view devices = "/dev/";
    if (!path.starts_with(devices))
        return Failure{Errc::not_found};
    std::string_view const name = path.substr(devices.size());
    if (name == "console")
        return make<ConsoleFile>(flags);
    if (name == "null")
        return make<NullFile>(flags);
    auto const number = lodger::blkfront::number_of(name);
    if (!number)
        return Failure{Errc::not_found};
    return DiskFile::open(*number, flags);
}

} // namespace

extern "C" {

/// Nothing is ever created: O_CREAT opens what is there, and with O_EXCL fails.
int open(char const* path, int flags, ...)
{
    auto const opened = open_file(path, flags);
    if (!opened)
        return fail(opened.error());
    InUse const file{*opened};
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return fail(EEXIST);
    if (flags & O_DIRECTORY)
        return fail(ENOTDIR);
    int const descriptor = descriptors.add(*file);
    return descriptor >= 0 ? descriptor : fail(EMFILE);
}

int stat(char const* path, struct stat* status)
{
    auto const opened = open_file(path, O_RDONLY);
    if (!opened)
        return fail(opened.error());
    InUse const file{*opened};
    return outcome(describe(*file, *status));
}
}
