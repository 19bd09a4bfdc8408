/// A guest that has no Xen: its devices are `/dev/null` and a console that nobody is at.

#include <lodger/posix/console_file.hpp>
#include <lodger/posix/devices.hpp>
#include <lodger/posix/null_file.hpp>
#include <lodger/posix/process.hpp>
#include <lodger/runtime/end.hpp>

namespace lodger::posix {

constinit ConsoleFile standard_stream{O_RDWR, 3};
constinit CloseFiles close_mounts = nullptr;

Result<std::size_t> ConsoleFile::read(std::uint64_t, std::span<std::byte>)
{
    return 0;
}
Result<std::size_t> ConsoleFile::write(std::uint64_t, std::span<std::byte const> from)
{
    return from.size();
}
short ConsoleFile::ready()
{
    return POLLOUT;
}
Result<> ConsoleFile::wait_ready(short, Deadline)
{
    return {};
}
void ConsoleFile::unused() {}

Result<File*> open_device(std::string_view name, int flags)
{
    if (name != "null")
        return Failure{Errc::not_found};
    if (flags & O_DIRECTORY)
        return Failure{Errc::not_a_directory};
    return new NullFile{flags};
}

} // namespace lodger::posix

void lodger::runtime::report_loss(std::string_view) {}
