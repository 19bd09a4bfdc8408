#pragma once

#include <lodger/core/wait.hpp>
#include <lodger/xenbus/device_names.hpp>

#include <algorithm>
#include <optional>

namespace lodger::xenbus {

/// Who drives the devices of one class. Called on the discovery's thread.
struct DeviceClass {
    std::string_view type; ///< as in `device/<type>/<number>`
    void* object = nullptr;
    /// Called for every directory of the class, whenever there may be others than before; who is
    /// called remembers which it knows. May wait, for XenStore.
    /// @return whether that is all; if not, it is called again in a while
    bool (*found)(void* object, std::string_view path, Deadline deadline) = nullptr;
    /// Called when `found` was called for all that are there.
    void (*looked)(void* object) = nullptr;
};

/// Finds the devices that the toolstack gives to our domain, at any time: watches `device/`, on a
/// thread of its own, and tells those who registered for a class. What happens to a device that was
/// found is the business of whoever drives it.
template <ThreadedHypervisor H>
class Discovery {
public:
    static constexpr std::size_t most_classes = 8;

    explicit Discovery(store::Client<H>& store) : store_{store} {}
    Discovery(Discovery const&) = delete;
    Discovery& operator=(Discovery const&) = delete;
    ~Discovery() { stop(); }

    store::Client<H>& store() const { return store_; }

    /// Registers for a class, whose devices are looked at soon.
    /// @return `no_memory` if there are too many
    Result<> add(DeviceClass const& driver)
    {
        if (count_ == most_classes)
            return Failure{Errc::no_memory};
        classes_[count_++] = driver;
        look_again();
        return {};
    }

    /// Ends the registrations of an object; nothing of it is called any more afterwards.
    void remove(void const* object)
    {
        auto const end = classes_.begin() + count_;
        for (auto each = classes_.begin(); each != end; ++each)
            if (each->object == object)
                *each = {};
        while (is_looking_)
            static_cast<void>(wait(hypervisor(), changed_, Deadline::never()));
        auto const left = std::remove_if(classes_.begin(), classes_.begin() + count_, is_empty);
        count_ = static_cast<std::size_t>(left - classes_.begin());
    }

    /// Starts to look. Call once.
    Result<> start()
    {
        LODGER_TRY(hypervisor().start_thread(
            "discovery", [](void* self) { static_cast<Discovery*>(self)->run(); }, this));
        is_running_ = true;
        return {};
    }

    /// Ends the thread, and waits until it has. Fine to call twice, or before `start`.
    void stop()
    {
        stop_.request(hypervisor());
        while (is_running_)
            static_cast<void>(wait(hypervisor(), changed_, Deadline::never()));
    }

    /// Has everything looked at once more.
    void look_again()
    {
        is_wanted_ = true;
        store_.connection().wake();
    }

private:
    H& hypervisor() const { return store_.hypervisor(); }
    static bool is_empty(DeviceClass const& driver) { return driver.object == nullptr; }

    void run()
    {
        while (!stop_.is_requested()) {
            is_looking_ = true;
            auto const is_done = look({hypervisor().now() + store_.default_patience, &stop_});
            is_looking_ = false;
            hypervisor().wake(changed_);
            if (is_done && *is_done)
                wait_for_news();
            else
                pause();
        }
        watch_.reset();
        is_running_ = false;
        hypervisor().wake(changed_);
    }

    /// Looks at everything once.
    /// @return whether that is all
    Result<bool> look(Deadline deadline)
    {
        if (!watch_)
            watch_.emplace(LODGER_TRY(store_.watch("device", deadline)));
        watch_->discard_events();
        is_wanted_ = false;
        bool is_done = true;
        // Others may be added or removed while this waits.
        for (std::size_t i = 0; i < count_; ++i) {
            LODGER_TRY(look_at(i, deadline, is_done));
            if (classes_[i].object)
                classes_[i].looked(classes_[i].object);
        }
        return is_done;
    }

    Result<> look_at(std::size_t index, Deadline deadline, bool& is_done)
    {
        DeviceClass const& driver = classes_[index];
        if (!driver.object)
            return {};
        return for_each_device(
            store_, driver.type, deadline, [&](std::string_view path) -> Result<> {
                if (driver.object && !driver.found(driver.object, path, deadline))
                    is_done = false;
                return {};
            });
    }

    void wait_for_news()
    {
        Result<> waited;
        while (waited && !has_news())
            waited = store_.connection().wait_idly({Instant::max(), &stop_});
        if (!waited && waited.error() != Errc::cancelled)
            pause(); // XenStore is out of order.
    }

    bool has_news()
    {
        while (!is_wanted_ && watch_->has_event()) {
            std::array<char, store::longest_absolute_path> buffer;
            // There is one, so this does not wait.
            auto const path = watch_->next(buffer, Deadline::never());
            is_wanted_ = !path || may_be_new(*path);
        }
        return is_wanted_;
    }

    /// Whether a change there may be a device's coming, going, or being made anew. All else that
    /// happens inside its directory is its driver's business.
    static bool may_be_new(std::string_view path)
    {
        return std::ranges::count(path, '/') <= 2 || path.ends_with("/backend") ||
               path.ends_with("/state");
    }

    void pause()
    {
        constexpr Duration moment = std::chrono::seconds{1};
        WaitQueue nobody_wakes;
        static_cast<void>(wait(hypervisor(), nobody_wakes, {hypervisor().now() + moment, &stop_}));
    }

    store::Client<H>& store_;
    std::array<DeviceClass, most_classes> classes_{};
    std::size_t count_ = 0;
    std::optional<store::Watch<H>> watch_;
    Cancellation stop_;
    WaitQueue changed_;
    bool is_wanted_ = false;
    bool is_looking_ = false;
    bool is_running_ = false;
};

} // namespace lodger::xenbus
