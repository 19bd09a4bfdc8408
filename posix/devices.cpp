/// The devices. Only a program that opens files has the block frontend.

#include <lodger/posix/console_file.hpp>
#include <lodger/posix/devices.hpp>
#include <lodger/posix/disk_file.hpp>
#include <lodger/posix/null_file.hpp>

#include <new>

namespace lodger::posix {
namespace {

template <class T>
Result<File*> make(int flags)
{
    File* const file = new (std::nothrow) T{flags};
    return file ? Result<File*>{file} : Failure{Errc::no_memory};
}

Result<File*> open_named(std::string_view name, int flags)
{
    if (name == "console")
        return make<ConsoleFile>(flags);
    if (name == "null")
        return make<NullFile>(flags);
    auto const number = blkfront::number_of(name);
    if (!number)
        return Failure{Errc::not_found};
    return DiskFile::open(*number, flags);
}

} // namespace

Result<File*> open_device(std::string_view name, int flags)
{
    File* const file = LODGER_TRY(open_named(name, flags));
    bool const must_be_new = (flags & O_CREAT) && (flags & O_EXCL);
    if (!must_be_new && !(flags & O_DIRECTORY))
        return file;
    file->unused();
    return Failure{must_be_new ? Errc::exists : Errc::not_a_directory};
}

} // namespace lodger::posix
