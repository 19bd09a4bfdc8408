/// File systems as a whole: what room there is, and everything made safe.

#include <lodger/posix/files.hpp>
#include <lodger/posix/place.hpp>

#include <unistd.h>

using namespace lodger::posix;
using lodger::Result;

namespace {

Result<> describe(FileSystem& file_system, struct statvfs& space)
{
    space = {};
    return file_system.describe(space);
}

} // namespace

extern "C" {

int statvfs(char const* path, struct statvfs* space)
{
    return outcome(at(path, [space](Place const& place) -> Result<> {
        struct stat ignored;
        LODGER_TRY(status(place, LastLink::follow, ignored));
        return describe(place.file_system, *space);
    }));
}

/// ENOSYS for a device, which is in no file system.
int fstatvfs(int descriptor, struct statvfs* space)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    return file->file_system() ? outcome(describe(*file->file_system(), *space)) : fail(ENOSYS);
}

int syncfs(int descriptor)
{
    InUse const file{descriptors.find(descriptor)};
    if (!file)
        return fail(EBADF);
    return outcome(file->file_system() ? file->file_system()->sync() : file->sync());
}

/// What holds everywhere, whatever a file system may have less of.
long pathconf(char const*, int name)
{
    switch (name) {
    case _PC_NAME_MAX: return sizeof dirent{}.d_name - 1;
    case _PC_PATH_MAX: return Path::most + 1;
    default: return fail(EINVAL);
    }
}

/// As POSIX has it, nobody is told of an error: `syncfs` does.
void sync()
{
    for (std::size_t i = 0; i < mounts.all().size(); ++i) {
        InUse const file_system{mounts.all()[i].file_system};
        static_cast<void>(file_system->sync());
    }
}
}
