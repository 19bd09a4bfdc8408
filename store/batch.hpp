#pragma once

#include <lodger/store/connection.hpp>

#include <algorithm>

namespace lodger::store {

/// Several requests on their way at once, so that together they take about one round trip. Their
/// replies come in any order and are kept until they are asked for, in the order of asking. Not a
/// snapshot, unless the requests belong to one transaction. What is not asked for is abandoned
/// when this ends.
template <Hypervisor H>
class Batch {
public:
    explicit Batch(Connection<H>& connection) : connection_{connection} {}
    Batch(Batch const&) = delete;
    Batch& operator=(Batch const&) = delete;
    ~Batch()
    {
        for (std::size_t i = std::max(taken_, collected_); i < begun_; ++i)
            connection_.abandon(entries_[i % most_requests].ticket);
    }

    /// Whether `begin` would have to wait for a reply that only we can take.
    bool is_full() const { return begun_ - taken_ == most_requests; }
    bool empty() const { return begun_ == taken_; }

    /// One more request, which goes out at the latest when something is waited for; `request` and
    /// `reply` stay the caller's until it is finished.
    /// @return `busy` when `is_full()`
    Result<> begin(Request const& request, std::span<char> reply, Deadline deadline)
    {
        if (is_full())
            return Failure{Errc::busy};
        entries_[begun_ % most_requests].ticket = LODGER_TRY(
            connection_.queue(request, reply, deadline, [this] { return collect_some(); }));
        ++begun_;
        return {};
    }

    /// Waits for the reply to the oldest request not yet finished.
    Result<std::string_view> finish(Deadline deadline)
    {
        std::size_t const index = taken_++;
        Entry const& entry = entries_[index % most_requests];
        return index < collected_ ? entry.reply : connection_.finish(entry.ticket, deadline);
    }

    /// Waits for all replies, of requests that answer nothing but OK.
    /// @return the first error
    Result<> finish_all(Deadline deadline)
    {
        Result<> outcome;
        while (!empty()) {
            auto const reply = finish(deadline);
            if (!reply && outcome)
                outcome = Failure{reply.error()};
        }
        return outcome;
    }

private:
    struct Entry {
        Session::Ticket ticket{};
        Result<std::string_view> reply; ///< once it is collected
    };

    /// Takes the replies that are there out of the session's table, whose places all threads share.
    /// If each kept what it has while it waits for more, all could wait for ever.
    /// @return whether there were any
    bool collect_some()
    {
        std::size_t const before = collected_ = std::max(collected_, taken_);
        for (; collected_ < begun_; ++collected_) {
            Entry& entry = entries_[collected_ % most_requests];
            if (!connection_.session().is_done(entry.ticket))
                break;
            entry.reply = connection_.collect(entry.ticket);
        }
        return collected_ > before;
    }

    Connection<H>& connection_;
    std::array<Entry, most_requests> entries_{};
    std::size_t begun_ = 0;
    std::size_t collected_ = 0; ///< before this one, replies are here or were taken
    std::size_t taken_ = 0;
};

} // namespace lodger::store
