#pragma once

#include "text.hpp"
#include <lodger/runtime/services.hpp>
#include <lodger/xenbus/device_names.hpp>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace examples {

using namespace lodger;

/// The number in the path of a disk's directory, in decimal.
inline std::string_view number_in(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

/// The name by which people know a disk with that directory.
inline blkfront::Name disk_name(std::string_view path)
{
    auto const number = parse<std::uint32_t>(number_in(path));
    return number ? blkfront::name_of(*number) : blkfront::Name{};
}

inline void print_disks(Store& store)
{
    std::size_t count = 0;
    auto const print = [&](std::string_view path) -> Result<> {
        if (count++ == 0)
            std::printf("The disks of this guest are:");
        std::printf(
            " %.*s (%.*s)", EXAMPLES_TEXT(disk_name(path).view()), EXAMPLES_TEXT(number_in(path)));
        return {};
    };
    static_cast<void>(xenbus::for_each_device(store, "vbd", store.patience(), print));
    std::printf(
        count > 0 ? "\n"
                  : "This guest has no disks: give it some with disk=[...] of its xl "
                    "configuration.\n");
}

inline std::string_view name_of(xenbus::Peer peer)
{
    return peer ? xenbus::name(*peer) : "not there";
}

/// Tells people that there is no such disk, and which there are.
inline void explain_absence(Store& store, char const* wanted, Errc error)
{
    std::printf("%s: %.*s\n", wanted, EXAMPLES_TEXT(describe(error)));
    print_disks(store);
}

/// Tells people why a disk could not be opened, and what to do about it.
inline void explain(Store& store, BlockDevice const& device, char const* wanted, Errc error)
{
    if (error == Errc::no_device || error == Errc::invalid_argument)
        return explain_absence(store, wanted, error);
    std::printf("%s: %.*s\n", wanted, EXAMPLES_TEXT(describe(error)));
    xenbus::Status const status = device.status();
    if (status.node.path.view().empty())
        return;
    std::printf(
        "  waited for: %.*s\n  our state: %.*s; the backend's: %.*s, at %.*s\n",
        EXAMPLES_TEXT(status.waiting_for), EXAMPLES_TEXT(xenbus::name(status.own)),
        EXAMPLES_TEXT(name_of(status.other)), EXAMPLES_TEXT(status.node.other_end.view()));
}

/// The usual memory for requests, or in a small guest half of what is free.
inline blkfront::Options options_for_memory()
{
    blkfront::Options options;
    options.pool_pages = std::min(options.pool_pages, guest().pages().free_pages() / 2);
    return options;
}

/// Opens a disk, or says why not.
/// @return whether it is open
inline bool open_disk(
    Store& store, BlockDevice& device, char const* wanted,
    Duration patience = BlockDevice::connect_patience)
{
    auto const opened = device.open(wanted, options_for_memory(), after(guest(), patience));
    if (!opened)
        explain(store, device, wanted, opened.error());
    return opened.has_value();
}

/// The name by which people know an open disk.
inline blkfront::Name disk_name(BlockDevice const& device)
{
    return disk_name(device.status().node.path.view());
}

/// Prints what an open disk is, and what was agreed on with its backend.
inline void print_disk(BlockDevice const& device)
{
    blkfront::Disk const& disk = *device.disk();
    blkfront::Name const name = disk_name(device);
    xenbus::Node const& node = device.status().node;
    std::printf(
        "%.*s: %" PRIu64 " bytes, sector size %" PRIu32 "\n", EXAMPLES_TEXT(name.view()), disk.size,
        disk.sector_size);
    std::printf(
        "  backend   %.*s, domain %u\n", EXAMPLES_TEXT(node.other_end.view()),
        node.other_domain.value);
    std::printf(
        "  medium    %s%s%s, physical sectors of %" PRIu32 " bytes\n",
        disk.is_read_only ? "read-only" : "read-write", disk.is_removable ? ", removable" : "",
        disk.is_cdrom ? ", CD-ROM" : "", disk.physical_sector_size);
    blkfront::Features const& features = *device.features();
    std::printf(
        "  in use    %zu requests of up to %zu KiB in %zu ring%s of %zu page%s%s%s%s%s%s%s\n",
        device.depth(), features.most_segments * page_size / 1024, features.queues,
        features.queues == 1 ? "" : "s", features.ring_pages, features.ring_pages == 1 ? "" : "s",
        features.persistent_grants ? ", persistent grants" : "", features.flush ? ", flush" : "",
        features.barrier ? ", barrier" : "", features.discard ? ", discard" : "",
        features.secure_discard ? ", secure discard" : "", features.copies_data ? ", copies" : "");
}

} // namespace examples
