/// What a guest has to do before it has files: the one thing here that knows of Lodger.

#include <lodger/posix/mount.hpp>
#include <lodger/tests/unit/support/memory_file_system.hpp>

#include <sys/stat.h>

namespace {

/// It is never deleted: files are open until the very end.
bool mount_files()
{
    bool const mounted{lodger::posix::mount("/", *new lodger::test::MemoryFileSystem)};
    return mounted && mkdir("/tmp", 0777) == 0 && mkdir("/files", 0777) == 0;
}

[[maybe_unused]] bool const is_mounted = mount_files();

} // namespace
