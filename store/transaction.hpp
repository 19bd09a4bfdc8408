#pragma once

#include <lodger/store/operations.hpp>

namespace lodger::store {

/// How often a transaction is run before its caller hears `again`.
inline constexpr int most_attempts = 32;

/// @return the transaction's id, in the connection's present epoch
template <Hypervisor H>
Result<std::uint32_t> start_transaction(Connection<H>& connection, Deadline deadline)
{
    using namespace std::literals;
    std::array<char, 16> buffer;
    auto const ticket = LODGER_TRY(
        connection.queue({.type = Type::transaction_start, .pieces = {"\0"sv}}, buffer, deadline));
    std::uint32_t const epoch = connection.epoch(); // `queue` may have waited into another one.
    auto const id = LODGER_TRY(connection.finish(ticket, deadline));
    // The reply may be from before the daemon began anew, and this thread only runs now.
    if (connection.epoch() != epoch)
        return Failure{Errc::disconnected};
    return parse<std::uint32_t>(id.substr(0, id.find('\0')));
}

/// Ends a transaction. Once the request is sent the daemon ends it even if we do not wait for the
/// reply, and one that could not be sent in time is thrown away later; so none is leaked by a
/// deadline.
template <Hypervisor H>
Result<>
end_transaction(Connection<H>& connection, std::uint32_t id, bool commit, Deadline deadline)
{
    using namespace std::literals;
    std::uint32_t const epoch = connection.epoch();
    auto const ticket = connection.queue(
        {.type = Type::transaction_end,
         .transaction = id,
         .pieces = {commit ? "T"sv : "F"sv, "\0"sv}},
        {}, deadline);
    if (!ticket) {
        connection.throw_away(id, epoch);
        return Failure{ticket.error()};
    }
    LODGER_TRY(connection.finish(*ticket, deadline));
    return {};
}

/// Lets whoever we collide with finish: twice as long after each attempt, so that a storm of
/// collisions calms down.
template <Hypervisor H>
Result<> back_off(H& hypervisor, int attempt, Deadline deadline)
{
    constexpr Duration shortest = std::chrono::microseconds{50};
    constexpr int most_doublings = 10;
    WaitQueue nobody_wakes_this;
    Instant const until = hypervisor.now() + shortest * (1 << std::min(attempt, most_doublings));
    auto const waited = wait(hypervisor, nobody_wakes_this, deadline.no_later_than(until));
    bool const is_over = !waited && waited.error() == Errc::timed_out;
    return is_over && !deadline.passed(hypervisor.now()) ? Result<>{} : waited;
}

/// See `Client::transaction`.
template <Hypervisor H, class Body>
auto run_transaction(Connection<H>& connection, Body& body, Deadline deadline)
    -> decltype(body(std::declval<Operations<H>&>()))
{
    // Aborting is owed to the daemon even when the caller's own time is up, or it was cancelled.
    constexpr Duration grace = std::chrono::seconds{1};
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        std::uint32_t const id = LODGER_TRY(start_transaction(connection, deadline));
        std::uint32_t const epoch = connection.epoch();
        Operations<H> operations{connection, id};
        auto outcome = body(operations);
        if (connection.epoch() != epoch)
            return Failure{Errc::disconnected}; // The daemon has forgotten the transaction.
        if (outcome) {
            auto const ended = end_transaction(connection, id, true, deadline);
            if (ended)
                return outcome;
            if (ended.error() != Errc::again)
                return Failure{ended.error()};
        } else {
            Deadline const extended = after(connection.hypervisor(), grace);
            static_cast<void>(end_transaction(connection, id, false, extended));
            if (outcome.error() != Errc::again)
                return outcome;
        }
        LODGER_TRY(back_off(connection.hypervisor(), attempt, deadline));
    }
    return Failure{Errc::again};
}

} // namespace lodger::store
