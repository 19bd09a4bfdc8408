#include <lodger/posix/console_file.hpp>
#include <lodger/posix/line_input.hpp>
#include <lodger/runtime/console.hpp>

namespace lodger::posix {
namespace {

using runtime::console;
using runtime::guest;

constinit LineInput input;

/// Takes keys until a line is complete.
Result<> take_keys(Deadline deadline)
{
    runtime::Console* const from = console();
    while (from && !input.is_ready()) {
        char key = 0;
        LODGER_TRY(from->read({&key, 1}, deadline));
        // An echo that does not arrive is no reason to fail.
        static_cast<void>(from->write(input.type(key)));
    }
    return {};
}

/// Whether reading would not have to wait. Without a console the input is at its end.
bool has_line()
{
    static_cast<void>(take_keys({guest().now()}));
    return !console() || input.is_ready();
}

} // namespace

constinit ConsoleFile standard_stream{O_RDWR, 3};

Result<std::size_t> ConsoleFile::read(std::uint64_t, std::span<std::byte> to)
{
    if (flags & O_NONBLOCK) {
        if (!has_line())
            return Failure{Errc::again};
    } else if (!take_keys(Deadline::never())) {
        return Failure{Errc::io};
    }
    return input.take({reinterpret_cast<char*>(to.data()), to.size()});
}

/// Output that nobody reads is dropped after a while (console/console.hpp), and counts as written:
/// a program does not fail because nobody looks.
Result<std::size_t> ConsoleFile::write(std::uint64_t, std::span<std::byte const> from)
{
    if (runtime::Console* const to = console())
        static_cast<void>(to->write({reinterpret_cast<char const*>(from.data()), from.size()}));
    return from.size();
}

short ConsoleFile::ready()
{
    return has_line() ? POLLIN | POLLOUT : POLLOUT;
}

Result<> ConsoleFile::wait_ready(short events, Deadline deadline)
{
    if (!(events & POLLIN))
        return Failure{Errc::unsupported};
    return take_keys(deadline);
}

void ConsoleFile::unused()
{
    if (this != &standard_stream)
        delete this;
}

} // namespace lodger::posix
