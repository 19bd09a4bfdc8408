#pragma once

#include <lodger/tests/sim/random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace lodger::sim {

/// Everything that can be made to go wrong. Each has one place in the simulator that asks whether
/// it strikes now, each time it could.
enum class Fault : std::uint8_t {
    // Xen.
    event_channel_refused, ///< alloc_unbound and bind_interdomain say ENOSPC
    grant_table_full,      ///< the table grows no further
    no_pages,              ///< a page allocation fails
    map_refused,           ///< GNTTABOP_map_grant_ref fails
    spurious_event,        ///< an event that nobody raised, after a hypercall
    event_late,            ///< an event for this domain is swallowed, and raised again later
    clock_jumps,           ///< its clock is hours later all at once, as after a restore
    torn_copy,             ///< it stands still for a while in the middle of a copy
    domain_dies,           ///< at a hypercall, or a copy to or from shared memory
    // The XenStore daemon.
    store_conflict,   ///< a transaction's end says EAGAIN
    store_denied,     ///< a read or write says EACCES
    store_no_space,   ///< a write or mkdir says ENOSPC
    store_too_big,    ///< a watch says E2BIG
    store_busy,       ///< a transaction's start says EBUSY
    store_wrong_type, ///< the reply is of another type than the request
    store_unknown_id, ///< a reply that nobody asked for comes before the real one
    store_no_reply,   ///< the request is done, but never answered
    store_dies,       ///< the daemon ends, be it in the middle of a message (of domain 0)
    // The block backend.
    block_error,           ///< the request fails with BLKIF_RSP_ERROR
    block_bad_id,          ///< the response's id is beyond anything sent
    block_idle_id,         ///< the response's id is one that is not in flight
    block_duplicate_id,    ///< the response comes twice
    block_wrong_operation, ///< the response is for another operation
    block_no_response,     ///< the request is never answered
    block_producer_jump,   ///< rsp_prod leaps ahead by a million
    block_held_page,       ///< a page that is unmapped stays mapped
    block_no_flush,        ///< a flush is answered with BLKIF_RSP_EOPNOTSUPP, whatever was offered
    block_no_barrier,      ///< the same for a write barrier
    block_no_discard,      ///< the same for a discard
    block_no_indirect,     ///< the same for an indirect request
    block_skip_init_wait,  ///< the backend goes on without InitWait
    block_dead,            ///< the backend does nothing at all, from the start
    count,
};

/// Which faults strike when. Nothing strikes unless it was planned.
class Faults {
public:
    explicit Faults(Random& random) : random_{random} {}

    /// Lets `skip` occasions pass, then strikes at the next `times`.
    void plan(Fault fault, std::size_t times = 1, std::size_t skip = 0)
    {
        at(fault).first = at(fault).occasions + skip;
        at(fault).last = at(fault).first + times;
    }

    /// Strikes at one in so many occasions, as the seed has it; 0 for never.
    void rate(Fault fault, std::uint64_t one_in) { at(fault).one_in = one_in; }

    /// Asked where the fault can happen.
    bool strikes(Fault fault)
    {
        Entry& entry = at(fault);
        std::size_t const occasion = entry.occasions++;
        bool const planned = occasion >= entry.first && occasion < entry.last;
        bool const strikes = planned || random_.chance(entry.one_in);
        entry.struck += strikes;
        return strikes;
    }

    /// How often it struck.
    std::size_t struck(Fault fault) const { return entries_[std::size_t(fault)].struck; }

private:
    struct Entry {
        std::size_t occasions = 0;
        std::size_t first = 0;
        std::size_t last = 0;
        std::size_t struck = 0;
        std::uint64_t one_in = 0;
    };

    Entry& at(Fault fault) { return entries_[std::size_t(fault)]; }

    Random& random_;
    std::array<Entry, std::size_t(Fault::count)> entries_{};
};

} // namespace lodger::sim
