/// The system calls on files that newlib's stdio is made of. There are the standard streams, on
/// the console, and nothing else yet.

#include <lodger/runtime/early_console.hpp>

#include <cerrno>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>

using lodger::runtime::early_console;

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

} // namespace

extern "C" {

int write(int file, void const* bytes, std::size_t size)
{
    if (file != 1 && file != 2)
        return fail(EBADF);
    early_console.write({static_cast<char const*>(bytes), size});
    return static_cast<int>(size);
}

int read(int file, void*, std::size_t)
{
    // Nothing to read yet: the end of the file.
    return file == 0 ? 0 : fail(EBADF);
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
