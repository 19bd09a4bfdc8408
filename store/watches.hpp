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

    // A daemon that begins anew knows of none of them: they are registered again.

    void owe_all()
    {
        for (WatchState* state = live_; state; state = state->next_) {
            state->is_owed_ = true;
            state->refusal_.reset();
        }
    }
    /// One that is to be registered again, or null.
    WatchState const* owed() const { return find(&WatchState::is_owed_, true); }
    /// It is about to be.
    /// @return its number
    std::uint32_t take_owed()
    {
        WatchState* const state = find(&WatchState::is_owed_, true);
        state->is_owed_ = false;
        return state->number_;
    }
    /// The daemon did not take it.
    void refuse(std::uint32_t number, Errc why)
    {
        if (WatchState* const state = find(&WatchState::number_, number))
            state->refusal_ = why;
    }
    /// Has those that were refused registered once more.
    /// @return whether there are any
    bool owe_refused()
    {
        bool any = false;
        for (WatchState* state = live_; state; state = state->next_) {
            bool const is_refused = std::exchange(state->refusal_, std::nullopt).has_value();
            state->is_owed_ |= is_refused;
            any |= is_refused;
        }
        return any;
    }
    /// Why one of them is not registered.
    std::optional<Errc> refusal() const
    {
        for (WatchState* state = live_; state; state = state->next_) {
            if (state->refusal_)
                return state->refusal_;
        }
        return std::nullopt;
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
    template <class T>
    WatchState* find(T WatchState::* member, T value) const
    {
        WatchState* state = live_;
        while (state && state->*member != value)
            state = state->next_;
        return state;
    }

    WatchState* live_ = nullptr;
    WatchState* retiring_ = nullptr;
    std::uint32_t number_ = 0;
};

} // namespace lodger::store
