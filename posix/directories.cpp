/// Directories: their entries, and the current one.

#include <lodger/posix/files.hpp>
#include <lodger/posix/place.hpp>

#include <cstdlib>
#include <memory>
#include <new>
#include <unistd.h>

/// What C calls DIR. Its place is the position of the descriptor.
struct __dirstream {
    int descriptor;
    dirent entry;
};

using namespace lodger::posix;
using lodger::Errc;
using lodger::Failure;
using lodger::Result;

extern "C" {

DIR* fdopendir(int descriptor)
{
    InUse const file{descriptors.find(descriptor)};
    int error = 0;
    DIR* stream = nullptr;
    if (!file)
        error = EBADF;
    else if (!file->as_directory())
        error = ENOTDIR;
    else if (!(stream = new (std::nothrow) DIR{descriptor, {}}))
        error = ENOMEM;
    if (error)
        fail(error);
    return stream;
}

DIR* opendir(char const* path)
{
    int const descriptor = open(path, O_RDONLY | O_DIRECTORY);
    if (descriptor < 0)
        return nullptr;
    DIR* const stream = fdopendir(descriptor);
    if (!stream)
        close(descriptor);
    return stream;
}

dirent* readdir(DIR* stream)
{
    InUse const file{descriptors.find(stream->descriptor)};
    Directory* const directory = file ? file->as_directory() : nullptr;
    if (!directory)
        return fail(EBADF), nullptr;
    stream->entry = {};
    auto const found = directory->next(file->position, stream->entry);
    if (!found)
        fail(found.error());
    return found.value_or(false) ? &stream->entry : nullptr;
}

void seekdir(DIR* stream, long position)
{
    lseek(stream->descriptor, position, SEEK_SET);
}

long telldir(DIR* stream)
{
    return lseek(stream->descriptor, 0, SEEK_CUR);
}

void rewinddir(DIR* stream)
{
    seekdir(stream, 0);
}

int dirfd(DIR* stream)
{
    return stream->descriptor;
}

int closedir(DIR* stream)
{
    std::unique_ptr<DIR> const last{stream};
    return close(stream->descriptor);
}

int chdir(char const* text)
{
    auto const path = path_of(text);
    if (!path)
        return fail(path.error());
    return outcome(at(*path, [&](Place const& place) -> Result<> {
        struct stat what;
        LODGER_TRY(status(place, LastLink::follow, what));
        if (!S_ISDIR(what.st_mode))
            return Failure{Errc::not_a_directory};
        current_directory = *path;
        return {};
    }));
}

/// With a null pointer for its place the path is the caller's to `free`, as on Linux.
char* getcwd(char* to, size_t size)
{
    std::string_view const path = current_directory.text();
    if (to && size <= path.size())
        return fail(size == 0 ? EINVAL : ERANGE), nullptr;
    if (!to && !(to = static_cast<char*>(std::malloc(path.size() + 1))))
        return fail(ENOMEM), nullptr;
    to[path.copy(to, path.size())] = '\0';
    return to;
}
}
