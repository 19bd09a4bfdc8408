#pragma once

#include <lodger/core/text.hpp>
#include <lodger/core/wait_queue.hpp>
#include <lodger/store/wire.hpp>

#include <memory>
#include <optional>

namespace lodger::store {

/// What the daemon knows a watch by, and looks at.
struct WatchIdentity {
    static constexpr std::size_t longest_path = 256;

    Text<longest_path> path;
    Text<12> token;
    Text<12> depth; ///< how many levels below the path count, in decimal; empty for all of them
};

/// What the client knows of one registered watch: its path, its token, and the paths that changed
/// and were not looked at yet. Bounded whatever the daemon or another domain does (XSA-349): equal
/// paths are kept once, and when there is no room for one more, all of them become one event for
/// the watched path itself, which reads "look at everything below".
class WatchState {
public:
    static constexpr std::size_t longest_path = WatchIdentity::longest_path;
    static constexpr std::size_t most_bytes = 1024;

    /// @param number what tells this watch's events from others', unique in its session
    /// @param depth how many levels below the path count, if not all
    static Result<std::unique_ptr<WatchState>>
    create(Path path, std::uint32_t number, std::optional<std::uint32_t> depth)
    {
        LODGER_TRY(path.check());
        std::unique_ptr<WatchState> state{new (std::nothrow) WatchState};
        if (!state)
            return Failure{Errc::no_memory};
        LODGER_TRY(state->identity_.path.append(path.directory()));
        LODGER_TRY(state->identity_.path.append(path.separator()));
        LODGER_TRY(state->identity_.path.append(path.key()));
        LODGER_TRY(state->identity_.token.append(number));
        state->number_ = number;
        if (depth)
            LODGER_TRY(state->identity_.depth.append(*depth));
        return state;
    }

    WatchIdentity const& identity() const { return identity_; }
    std::string_view path() const { return identity_.path; }
    std::string_view token() const { return identity_.token; }
    /// The next of the session's live watches.
    WatchState* next() const { return next_; }
    bool empty() const { return used_ == 0 && !overflowed_; }

    void push(std::string_view changed)
    {
        if (overflowed_ || contains(changed))
            return;
        if (changed.size() + 1 > most_bytes - used_) {
            overflowed_ = true;
            used_ = 0;
            return;
        }
        std::ranges::copy(changed, bytes_.begin() + used_);
        used_ += changed.size();
        bytes_[used_++] = '\0';
    }

    /// Takes the oldest event out.
    /// @param buffer receives the path; `longest_absolute_path` bytes are always enough
    /// @return the path in `buffer`, or `too_large`, and then the event stays
    Result<std::string_view> pop(std::span<char> buffer)
    {
        std::string_view const oldest = overflowed_ ? path() : first();
        if (oldest.size() > buffer.size())
            return Failure{Errc::too_large};
        std::string_view const copy{buffer.data(), oldest.copy(buffer.data(), oldest.size())};
        drop_first();
        return copy;
    }

    void clear()
    {
        used_ = 0;
        overflowed_ = false;
    }

private:
    friend class Watches;

    std::string_view first() const { return bytes_.data(); }

    bool contains(std::string_view path) const
    {
        for (std::size_t at = 0; at < used_;) {
            std::string_view const queued{bytes_.data() + at};
            if (queued == path)
                return true;
            at += queued.size() + 1;
        }
        return false;
    }

    void drop_first()
    {
        if (overflowed_) {
            overflowed_ = false;
            return;
        }
        std::size_t const size = first().size() + 1;
        std::copy(bytes_.begin() + size, bytes_.begin() + used_, bytes_.begin());
        used_ -= size;
    }

    WatchIdentity identity_;
    std::array<char, most_bytes> bytes_{};
    std::size_t used_ = 0;
    bool overflowed_ = false;
    std::uint32_t number_ = 0;
    bool is_owed_ = false;          ///< it is to be registered again
    std::optional<Errc> refusal_{}; ///< why that failed
    WatchState* next_ = nullptr;    ///< in one of the lists of `Watches`
};

} // namespace lodger::store
