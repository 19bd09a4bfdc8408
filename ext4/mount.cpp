#include <lodger/ext4/block_medium.hpp>
#include <lodger/ext4/file_system.hpp>
#include <lodger/ext4/mount.hpp>
#include <lodger/posix/mount.hpp>
#include <lodger/runtime/services.hpp>

#include <algorithm>
#include <new>
#include <optional>

namespace lodger::ext4 {

/// In the order in which they need each other.
struct Mount::Parts {
    explicit Parts(Store& store) : device{store, runtime::grants()} {}

    BlockDevice device;
    std::optional<BlockMedium<Guest>> medium;
    std::unique_ptr<FileSystem> system;
    std::string where;
    bool is_mounted = false;
};

namespace {

/// The usual memory for requests, or in a small guest a part of what is free.
blkfront::Options options_for_memory()
{
    blkfront::Options options;
    options.pool_pages = std::min(options.pool_pages, guest().pages().free_pages() / 4);
    return options;
}

} // namespace

Mount::Mount(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}

Mount::~Mount()
{
    auto const ended = end();
    if (!ended && ended.error() == Errc::busy)
        static_cast<void>(parts_.release());
    else
        posix::report_unmounted(parts_->where, ended);
}

Result<std::unique_ptr<Mount>> Mount::create(
    std::string_view disk, std::string_view where, Options const& options, std::string& why)
{
    why = "there is no XenStore";
    Store* const store = LODGER_TRY(runtime::xenstore());
    std::unique_ptr<Parts> parts{new (std::nothrow) Parts{*store}};
    if (!parts)
        return Failure{Errc::no_memory};
    why = "the disk cannot be opened";
    LODGER_TRY(parts->device.open(
        disk, options_for_memory(), after(guest(), BlockDevice::connect_patience)));
    parts->medium.emplace(LODGER_TRY(BlockMedium<Guest>::create(parts->device)));
    parts->system = LODGER_TRY(FileSystem::open(*parts->medium, options, why));
    parts->where = where;
    std::unique_ptr<Mount> mount{new (std::nothrow) Mount{std::move(parts)}};
    if (!mount)
        return Failure{Errc::no_memory};
    why = "nothing can be mounted there";
    LODGER_TRY(posix::mount(where, *mount->parts_->system));
    mount->parts_->is_mounted = true;
    why.clear();
    return mount;
}

Result<> Mount::end()
{
    if (!parts_->is_mounted)
        return {};
    auto const unmounted = posix::unmount(parts_->where);
    if (!unmounted && unmounted.error() == Errc::busy)
        return unmounted;
    parts_->is_mounted = false;
    parts_->system.reset();
    parts_->medium.reset();
    auto const closed = parts_->device.close(after(guest(), BlockDevice::close_patience));
    return unmounted ? closed : unmounted;
}

} // namespace lodger::ext4
