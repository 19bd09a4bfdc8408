#pragma once

#include <lodger/store/watch_state.hpp>

#include <utility>

namespace lodger::store {

/// The watches of one session: those that are live, found by token when an event comes, and those
/// that ended and still have to be taken back at the daemon. Does not own the live ones.
class Watches {
public:
    Watches() = default;
    Watches(Watches const&) = delete;
    Watches& operator=(Watches const&) = delete;
    ~Watches()
    {
        while (retiring_)
            take_retiring();
    }

    /// A number that no other watch of this session has.
    std::uint32_t next_number() { return ++number_; }

    /// The first of the live watches, or null.
    WatchState* first() const { return live_; }

    void add(WatchState& state) { state.next_ = std::exchange(live_, &state); }

    /// Ends a watch: events for it are dropped from now on, and the daemon has to be told.
    void retire(std::unique_ptr<WatchState> state)
    {
        WatchState** link = &live_;
        while (*link != state.get())
            link = &(*link)->next_;
        *link = state->next_;
        state->next_ = retiring_;
        retiring_ = state.release();
    }

    /// The next watch to take back at the daemon, or null.
    WatchState const* retiring() const { return retiring_; }
    std::unique_ptr<WatchState> take_retiring()
    {
        std::unique_ptr<WatchState> state{retiring_};
        retiring_ = state->next_;
        return state;
    }

    /// Keeps an event, whose payload is the path and the token, each ending in a NUL. Events for
    /// watches that are no more are dropped, as is anything of another form.
    void deliver(std::string_view payload)
    {
        std::size_t const path_end = payload.find('\0');
        if (path_end == payload.npos || !payload.ends_with('\0'))
            return;
        std::string_view const path = payload.substr(0, path_end);
        payload.remove_prefix(path_end + 1);
        std::string_view const token = payload.substr(0, payload.find('\0'));
        for (WatchState* state = live_; state; state = state->next_) {
            if (state->token() == token)
                return state->push(path);
        }
    }

private:
    WatchState* live_ = nullptr;
    WatchState* retiring_ = nullptr;
    std::uint32_t number_ = 0;
};

} // namespace lodger::store
