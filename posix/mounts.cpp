/// What is mounted, and finding files there.

#include <lodger/posix/files.hpp>
#include <lodger/posix/mount.hpp>
#include <lodger/posix/place.hpp>
#include <lodger/posix/process.hpp>
#include <lodger/runtime/end.hpp>
#include <lodger/runtime/text.hpp>

#include <pthread.h>
#include <sys/stat.h>

namespace lodger::posix {

constinit MountTable mounts;
constinit Path current_directory;
constinit mode_t denied_modes = 022;

namespace {

bool is_device(Path const& path)
{
    return path.text().starts_with(devices);
}

Result<File*> open_device_at(Path const& path, int flags)
{
    return open_device(
        path.text().substr(devices.size()),
        path.end() == Path::End::name ? flags : flags | O_DIRECTORY);
}

Result<File*> open_at(Place const& place, int flags, mode_t mode)
{
    if (place.end != Path::End::name) {
        if (flags & O_CREAT)
            return Failure{Errc::is_a_directory};
        flags |= O_DIRECTORY;
    }
    return place.file_system.open(place.path, flags, mode & 07777 & ~denied_modes);
}

Result<File*> open_by_path(std::string_view text, int flags, mode_t mode)
{
    Path const path = LODGER_TRY(path_of(text));
    if (is_device(path))
        return open_device_at(path, flags);
    return at(path, [&](Place const& place) { return open_at(place, flags, mode); });
}

Result<> status_by_path(std::string_view text, bool follow, struct stat& result)
{
    Path const path = LODGER_TRY(path_of(text));
    if (is_device(path)) {
        InUse const file{LODGER_TRY(open_device_at(path, O_RDONLY))};
        return describe(*file, result);
    }
    LastLink const last = follow ? LastLink::follow : LastLink::keep;
    return at(path, [&](Place const& place) { return status(place, last, result); });
}

constexpr ByPath mounted{open_by_path, status_by_path};

/// One thread at a time unmounts. Another one that would meanwhile, and take its file system down
/// afterwards, waits: at the end of the guest it may be that very one that is being written.
constinit pthread_mutex_t unmounting = PTHREAD_MUTEX_INITIALIZER;

/// The end of the guest: nothing is open any more.
void unmount_all()
{
    // Cannot fail but within an event handler, or when unmounting has led here.
    bool const alone = pthread_mutex_lock(&unmounting) == 0;
    descriptors.remove_if([](File const& file) { return file.file_system() != nullptr; });
    while (!mounts.all().empty()) {
        auto const [at, last] = mounts.all().back();
        mounts.remove(*last);
        report_unmounted(at.text(), last->unmounted());
    }
    if (alone)
        pthread_mutex_unlock(&unmounting);
}

/// To be called by the only one who unmounts.
Result<> unmount_at(Path const& at)
{
    FileSystem* const file_system = mounts.at(at);
    if (!file_system)
        return Failure{Errc::invalid_argument};
    if (file_system->users > 0)
        return Failure{Errc::busy};
    mounts.remove(*file_system);
    return file_system->unmounted();
}

} // namespace

Result<> status(Place const& place, LastLink last, struct stat& status)
{
    status = {};
    status.st_nlink = 1;
    LODGER_TRY(place.file_system.status(place.path, place.last(last), status));
    if (place.end != Path::End::name && !S_ISDIR(status.st_mode))
        return Failure{Errc::not_a_directory};
    return {};
}

Result<> check_end(Place const& place)
{
    struct stat ignored;
    return place.end == Path::End::name ? Result<>{} : status(place, LastLink::follow, ignored);
}

Result<> mount(std::string_view path, FileSystem& file_system)
{
    Path at;
    if (!path.starts_with('/'))
        return Failure{Errc::invalid_argument};
    LODGER_TRY(at.go(path));
    if (is_device(at))
        return Failure{Errc::invalid_argument};
    LODGER_TRY(mounts.add(at, file_system));
    by_path = &mounted;
    close_mounts = unmount_all;
    return {};
}

Result<> unmount(std::string_view path)
{
    Path at;
    LODGER_TRY(at.go(path));
    if (pthread_mutex_lock(&unmounting) != 0)
        return Failure{Errc::would_deadlock};
    auto const unmounted = unmount_at(at);
    pthread_mutex_unlock(&unmounting);
    return unmounted;
}

void report_unmounted(std::string_view path, Result<> const& unmounted)
{
    if (unmounted)
        return;
    runtime::Text text;
    text << "unmounting " << path << " failed: " << describe(unmounted.error())
         << "; what was last written there may be lost";
    runtime::report_loss(text.view());
}

} // namespace lodger::posix
