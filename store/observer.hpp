#pragma once

#include <lodger/store/operations.hpp>
#include <lodger/store/watch.hpp>

#include <optional>

namespace lodger::store {

/// Reads on behalf of a condition, and watches exactly what the condition has read: see
/// `Client::wait_until`. Each path is watched before it is read for the first time, so no change
/// is missed; what the last evaluation did not read is watched no longer.
template <Hypervisor H>
class Observer {
public:
    /// How many paths a condition may read.
    static constexpr std::size_t most_paths = 16;

    Observer(Connection<H>& connection, Deadline deadline)
        : connection_{connection},
          deadline_{deadline}
    {
    }
    Observer(Observer const&) = delete;
    Observer& operator=(Observer const&) = delete;

    /// As `Operations::read`. @return also `no_space` after `most_paths`
    Result<std::string_view> read(Path path, std::span<char> buffer)
    {
        LODGER_TRY(watch(path));
        return operations().read(path, buffer, deadline_);
    }
    template <Value T>
    Result<T> read(Path path)
    {
        LODGER_TRY(watch(path));
        return operations().template read<T>(path, deadline_);
    }
    Result<bool> exists(Path path)
    {
        LODGER_TRY(watch(path));
        return operations().exists(path, deadline_);
    }

    /// Evaluates the condition again and again, each time after something it read has changed.
    template <class Condition>
    Result<> wait_until(Condition& holds)
    {
        while (true) {
            begin();
            if (LODGER_TRY(holds(*this)))
                return {};
            drop_unused();
            while (!take_events())
                LODGER_TRY(connection_.wait(deadline_));
        }
    }

private:
    struct Watched {
        std::optional<Watch<H>> watch;
        bool used = false;
    };

    Operations<H> operations() { return {connection_, 0}; }

    void begin()
    {
        for (Watched& watched : watched_)
            watched.used = false;
    }

    void drop_unused()
    {
        for (Watched& watched : watched_) {
            if (!watched.used)
                watched.watch.reset();
        }
    }

    Result<> watch(Path path)
    {
        Watched* vacant = nullptr;
        for (Watched& watched : watched_) {
            if (!watched.watch)
                vacant = &watched;
            else if (path == watched.watch->path()) {
                watched.used = true;
                return {};
            }
        }
        if (!vacant)
            return Failure{Errc::no_space};
        vacant->watch.emplace(
            LODGER_TRY(Watch<H>::create(connection_, path, std::nullopt, deadline_)));
        // The event that every new watch fires says nothing that the coming read will not.
        LODGER_TRY(vacant->watch->wait(deadline_));
        vacant->used = true;
        return {};
    }

    /// @return whether there was any
    bool take_events()
    {
        bool any = false;
        for (Watched& watched : watched_) {
            if (watched.watch && watched.watch->has_event()) {
                watched.watch->discard_events();
                any = true;
            }
        }
        return any;
    }

    Connection<H>& connection_;
    Deadline deadline_;
    std::array<Watched, most_paths> watched_;
};

} // namespace lodger::store
