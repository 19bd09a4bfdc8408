#pragma once

#include <lodger/xenbus/change.hpp>
#include <lodger/xenbus/connector.hpp>
#include <lodger/xenbus/discovery.hpp>

#include <memory>

namespace lodger::xenbus {

/// How to make the devices of one class, such as `blkfront::DiskKind`.
template <class K>
concept DeviceKind =
    requires(K& kind, K::Device& device, std::string_view path, ChangeListener listener) {
        { K::type } -> std::convertible_to<std::string_view>;
        { kind.wants(path) } -> std::same_as<bool>;
        { kind.make() } -> std::same_as<typename K::Device>;
        // Starts to connect, and does not wait for it.
        { kind.begin(device, path, listener) } -> std::same_as<Result<>>;
        { device.finish_open() } -> std::same_as<Result<>>;
        { device.status() } -> std::same_as<Status>;
        { device.close(Deadline{}) } -> std::same_as<Result<>>;
    };

/// The devices of one class, as they come and go: each that the toolstack gives to our domain is
/// opened, beside the others, and stays in the list, also when it is over, until it is released.
/// Owns them. Threads of the application may use the list as they like; an entry is valid until it
/// is released.
template <ThreadedHypervisor H, DeviceKind Kind>
class DeviceList {
public:
    using Device = Kind::Device;

    enum class Condition : std::uint8_t {
        connecting, ///< for the first time
        connected,
        lost, ///< and waits to come back
        over, ///< it will not be connected any more, or never was
    };

    /// A device, and what is known of it.
    class Entry {
    public:
        /// Its directory, such as `device/vbd/51712`.
        std::string_view path() const { return path_; }
        Device& device() { return device_; }
        Device const& device() const { return device_; }
        Condition condition() const { return condition_; }
        /// Why it could not be opened, or is over; nothing else.
        std::optional<Errc> error() const { return error_; }
        /// The next of the list, or null.
        Entry* next() const { return next_.get(); }

    private:
        friend class DeviceList;

        Entry(DeviceList& list, NodePath const& path)
            : list_{list},
              path_{path},
              device_{list.kind_.make()}
        {
        }

        static void on_change(void* self, Change change)
        {
            static_cast<Entry*>(self)->take(change);
        }

        void take(Change change)
        {
            switch (change) {
            case Change::connected: condition_ = Condition::connected; break;
            case Change::lost: condition_ = Condition::lost; break;
            case Change::resized: break;
            case Change::ended: {
                Result<> const opened = device_.finish_open(); // It is known by now.
                end(opened ? Errc::disconnected : opened.error());
            }
            }
            list_.tell(*this, change);
        }

        void end(Errc why)
        {
            condition_ = Condition::over;
            error_ = why;
        }

        DeviceList& list_;
        NodePath path_;
        Condition condition_ = Condition::connecting;
        std::optional<Errc> error_;
        bool is_released_ = false;
        std::unique_ptr<Entry> next_;
        Device device_;
    };

    /// Who is told of a device's changes, on its thread or on the loop: it must not wait.
    struct Listener {
        void (*call)(void* object, Entry& entry, Change change) = nullptr;
        void* object = nullptr;
    };

    DeviceList(Discovery<H>& discovery, Kind kind, Listener listener = {})
        : discovery_{discovery},
          kind_{std::move(kind)},
          listener_{listener}
    {
    }
    DeviceList(DeviceList const&) = delete;
    DeviceList& operator=(DeviceList const&) = delete;
    ~DeviceList() { end(after(hypervisor(), Device::close_patience)); }

    /// Begins to take devices in, once the discovery runs. Call once.
    Result<> start()
    {
        return discovery_.add(
            {Kind::type, this,
             [](void* self, std::string_view path, Deadline deadline) {
                 return static_cast<DeviceList*>(self)->find_out(path, deadline);
             },
             [](void* self) { static_cast<DeviceList*>(self)->looked(); }});
    }

    /// Takes no more devices in, closes all of them, and empties the list.
    void end(Deadline deadline)
    {
        discovery_.remove(this);
        while (first_)
            static_cast<void>(release(*first_, deadline));
    }

    /// The first of the devices, or null.
    Entry* first() const { return first_.get(); }

    Entry* find(std::string_view path) const
    {
        Entry* entry = first();
        while (entry && entry->path() != path)
            entry = entry->next();
        return entry;
    }

    /// Waits until something has changed, here or in a device: look again then.
    Result<> wait(Deadline deadline) { return lodger::wait(hypervisor(), changed_, deadline); }

    /// Waits until every device that there is has been connected, or cannot be.
    /// @return `timed_out` if that is not yet known of some, or why the first that failed did;
    /// `for_each_late` says more
    Result<> wait_for_devices(Deadline deadline)
    {
        LODGER_TRY(wait_until(hypervisor(), changed_, deadline, [this] {
            bool is_settled = has_looked_;
            for (Entry const* entry = first(); entry; entry = entry->next())
                is_settled &= entry->condition() != Condition::connecting;
            return is_settled;
        }));
        for (Entry const* entry = first(); entry; entry = entry->next())
            if (entry->error())
                return Failure{*entry->error()};
        return {};
    }

    /// Calls `report(Entry const&)` for each device that is not connected. In which state both ends
    /// are, and what is waited for, is in its device's `status()`.
    template <class Report>
    void for_each_late(Report report) const
    {
        for (Entry const* entry = first(); entry; entry = entry->next())
            if (entry->condition() != Condition::connected)
                report(*entry);
    }

    /// Closes a device, and takes it out of the list. It comes back when the toolstack has made
    /// it anew.
    /// @return what closing it came to
    Result<> release(Entry& entry, Deadline deadline)
    {
        entry.is_released_ = true;
        Result<> const closed = entry.device_.close(deadline);
        std::unique_ptr<Entry>* link = &first_;
        while (link->get() != &entry)
            link = &(*link)->next_;
        std::unique_ptr<Entry> const released = std::move(*link);
        *link = std::move(released->next_);
        discovery_.look_again();
        return closed;
    }

private:
    H& hypervisor() const { return discovery_.store().hypervisor(); }

    /// Takes a device in, if it is one, and new.
    /// @return whether that is known
    bool find_out(std::string_view path, Deadline deadline)
    {
        if (find(path) || !kind_.wants(path))
            return true;
        auto const node = read_node(discovery_.store(), path, deadline);
        if (!node)
            return is_about_node(node.error());
        // What we have closed ourselves is not opened again until the toolstack says so.
        if (has_looked_ && node->state != State::initialising)
            return true;
        add(node->path);
        return true;
    }

    /// Whether it is no device, at least not yet: then there will be an event.
    static bool is_about_node(Errc error)
    {
        return error == Errc::no_device || error == Errc::not_found || error == Errc::protocol ||
               error == Errc::too_large;
    }

    void add(NodePath const& path)
    {
        std::unique_ptr<Entry>* link = &first_;
        while (*link)
            link = &(*link)->next_;
        link->reset(new (std::nothrow) Entry{*this, path});
        if (!*link)
            return; // Without memory for that there is nobody to tell.
        Entry& entry = **link;
        auto const begun = kind_.begin(entry.device_, path, {&Entry::on_change, &entry});
        if (!begun) {
            entry.end(begun.error());
            tell(entry, Change::ended);
        }
    }

    void looked()
    {
        has_looked_ = true;
        hypervisor().wake(changed_);
    }

    void tell(Entry& entry, Change change)
    {
        if (listener_.call && !entry.is_released_)
            listener_.call(listener_.object, entry, change);
        hypervisor().wake(changed_);
    }

    Discovery<H>& discovery_;
    Kind kind_;
    Listener listener_;
    std::unique_ptr<Entry> first_;
    WaitQueue changed_;
    bool has_looked_ = false;
};

} // namespace lodger::xenbus
