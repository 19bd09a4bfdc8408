/// The system calls on files that newlib's stdio is made of. There are the standard streams, on
/// the console, and nothing else yet.

#include <lodger/posix/line_input.hpp>
#include <lodger/runtime/console.hpp>

#include <cerrno>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>

using lodger::Deadline;
using lodger::Errc;
using lodger::posix::LineInput;
using lodger::runtime::Console;
using lodger::runtime::console;

namespace {

int fail(int error)
{
    errno = error;
    return -1;
}

bool is_standard(int file)
{
    return file >= 0 && file <= 2;
}

/// Takes keys until a line is complete, which may be never.
bool read_line(Console& from, LineInput& input)
{
    while (!input.is_ready()) {
        char key = 0;
        if (!from.read({&key, 1}, Deadline::never()))
            return false;
        // An echo that does not arrive is no reason to fail.
        static_cast<void>(from.write(input.type(key)));
    }
    return true;
}

} // namespace

extern "C" {

/// Output that nobody reads is dropped after a while (console/console.hpp), and counts as written:
/// a program does not fail because nobody looks.
int write(int file, void const* bytes, std::size_t size)
{
    if (file != 1 && file != 2)
        return fail(EBADF);
    if (Console* const to = console())
        static_cast<void>(to->write({static_cast<char const*>(bytes), size}));
    return static_cast<int>(size);
}

int read(int file, void* bytes, std::size_t size)
{
    static constinit LineInput input;
    if (file != 0)
        return fail(EBADF);
    Console* const from = console();
    if (!from)
        return 0; // the end of the file
    if (!read_line(*from, input))
        return fail(EIO);
    return static_cast<int>(input.take({static_cast<char*>(bytes), size}));
}

int open(char const*, int, ...)
{
    return fail(ENOENT);
}

int close(int file)
{
    return is_standard(file) ? 0 : fail(EBADF);
}

off_t lseek(int file, off_t, int)
{
    return fail(is_standard(file) ? ESPIPE : EBADF);
}

int fstat(int file, struct stat* status)
{
    if (!is_standard(file))
        return fail(EBADF);
    *status = {};
    status->st_mode = S_IFCHR;
    return 0;
}

int isatty(int file)
{
    return is_standard(file) ? 1 : fail(EBADF);
}
}
