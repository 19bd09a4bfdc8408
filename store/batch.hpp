#pragma once

#include <lodger/store/connection.hpp>

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
        for (; taken_ < begun_; ++taken_)
            connection_.abandon(tickets_[taken_ % most_requests]);
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
        tickets_[begun_ % most_requests] = LODGER_TRY(connection_.queue(request, reply, deadline));
        ++begun_;
        return {};
    }

    /// Waits for the reply to the oldest request not yet finished.
    Result<std::string_view> finish(Deadline deadline)
    {
        return connection_.finish(tickets_[taken_++ % most_requests], deadline);
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
    Connection<H>& connection_;
    std::array<Session::Ticket, most_requests> tickets_{};
    std::size_t begun_ = 0;
    std::size_t taken_ = 0;
};

} // namespace lodger::store
