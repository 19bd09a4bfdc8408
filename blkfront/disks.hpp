#pragma once

#include <lodger/blkfront/device.hpp>
#include <lodger/xenbus/device_list.hpp>

namespace lodger::blkfront {

/// Which disks a list takes in; all of them if `call` is null.
struct DiskChoice {
    bool (*call)(void* object, std::string_view path) = nullptr;
    void* object = nullptr;
};

/// What makes the disks of a list: each is opened with the same options, but tells the list of its
/// changes.
template <ThreadedHypervisor H>
class DiskKind {
public:
    using Device = blkfront::Device<H>;
    static constexpr std::string_view type = "vbd";

    DiskKind(
        store::Client<H>& store, grant::Table<H>& grants, Options const& options = {},
        DiskChoice choice = {})
        : store_{store},
          grants_{grants},
          options_{options},
          choice_{choice}
    {
    }

    bool wants(std::string_view path) const
    {
        return !choice_.call || choice_.call(choice_.object, path);
    }
    Device make() const { return Device{store_, grants_}; }
    Result<> begin(Device& device, std::string_view path, xenbus::ChangeListener listener) const
    {
        Options options = options_;
        options.on_change = listener;
        return device.begin_open(
            path, options, after(grants_.hypervisor(), Device::connect_patience));
    }

private:
    store::Client<H>& store_;
    grant::Table<H>& grants_;
    Options options_;
    DiskChoice choice_;
};

/// All disks of the guest, or those of its choice, as they come and go.
template <ThreadedHypervisor H>
class Disks : public xenbus::DeviceList<H, DiskKind<H>> {
    using List = xenbus::DeviceList<H, DiskKind<H>>;

public:
    using List::List;

    /// @param name `xvda`, `51712`, or the path of its directory; null if it is not in the list
    typename List::Entry* find_disk(std::string_view name) const
    {
        auto const path = path_of(name);
        return path ? List::find(path->view()) : nullptr;
    }
};

} // namespace lodger::blkfront
