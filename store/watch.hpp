#pragma once

#include <lodger/store/connection.hpp>

namespace lodger::store {

/// A registered watch. Owns the registration: when it ends, no further event is kept, and the
/// daemon is told without waiting.
///
/// The daemon fires every watch once when it is registered, so the first `next()` returns at once
/// and a caller that looks, waits, looks again misses nothing.
template <Hypervisor H>
class Watch {
public:
    Watch(Watch&&) noexcept = default;
    Watch& operator=(Watch&& other) noexcept
    {
        std::swap(connection_, other.connection_);
        std::swap(state_, other.state_);
        return *this;
    }
    ~Watch() { retire(); }

    /// Registers a watch of `path` and what is below it.
    /// @param depth how many levels below count, if not all: `not_implemented` if the daemon does
    /// not offer that
    static Result<Watch> create(
        Connection<H>& connection, Path path, std::optional<std::uint32_t> depth, Deadline deadline)
    {
        if (depth && !(connection.server_features() & feature_watch_depth))
            return Failure{Errc::not_implemented};
        Watches& watches = connection.session().watches();
        Watch watch{connection, LODGER_TRY(WatchState::create(path, watches.next_number(), depth))};
        // Before the request goes out: the first event may come ahead of the reply.
        watches.add(*watch.state_);
        auto const done =
            connection.call(watch_request(Type::watch, watch.state_->identity()), {}, deadline);
        // `exists`: the connection began anew meanwhile, and registered what there was.
        if (!done && done.error() != Errc::exists)
            return Failure{done.error()};
        return watch;
    }

    std::string_view path() const { return state_->path(); }

    /// Whether an event is waiting to be taken.
    bool has_event() const { return !state_->empty(); }

    /// Waits for the next event and takes it.
    /// @param buffer receives the path that changed: `longest_absolute_path` bytes always suffice
    /// @return the path, which is the watched one itself if there were too many to keep
    Result<std::string_view> next(std::span<char> buffer, Deadline deadline)
    {
        while (!has_event())
            LODGER_TRY(connection_->wait(deadline));
        return state_->pop(buffer);
    }

    /// Forgets the events that are waiting.
    void discard_events() { state_->clear(); }

    /// Waits for an event, and forgets all there are: for who will look at everything anyway.
    Result<> wait(Deadline deadline)
    {
        while (!has_event())
            LODGER_TRY(connection_->wait(deadline));
        discard_events();
        return {};
    }

private:
    Watch(Connection<H>& connection, std::unique_ptr<WatchState> state)
        : connection_{&connection},
          state_{std::move(state)}
    {
    }

    void retire()
    {
        if (!state_)
            return;
        // Also when registering failed or timed out: the daemon may have done it all the same,
        // and taking back what is not there only answers ENOENT.
        connection_->session().watches().retire(std::move(state_));
        connection_->pump();
    }

    Connection<H>* connection_;
    std::unique_ptr<WatchState> state_;
};

} // namespace lodger::store
