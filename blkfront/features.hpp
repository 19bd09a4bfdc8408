#pragma once

#include <lodger/blkfront/io.hpp>

namespace lodger::blkfront {

/// What is in use between us and a backend: what both offer, less what the backend turned out not
/// to do after all.
struct Features {
    std::size_t ring_pages = 1;
    std::size_t queues = 1;
    std::size_t most_segments = most_direct_segments; ///< of one request of the ring
    bool persistent_grants = false;
    bool flush = false;
    bool barrier = false;
    bool discard = false;
    bool secure_discard = false;
    bool copies_data = false; ///< the backend sees copies, with nothing beside them

    /// Whether a request may be sent at all.
    bool has(Operation operation) const
    {
        switch (operation) {
        case Operation::read:
        case Operation::write: return true;
        // A ring knows nothing of what is in another.
        case Operation::barrier: return barrier && queues == 1;
        case Operation::flush: return flush || barrier;
        case Operation::discard: return discard;
        case Operation::secure_discard: return discard && secure_discard;
        }
        return false;
    }

    /// The protocol's operation for a request: a flush without a flush of its own is an empty
    /// barrier.
    std::uint8_t wire_operation(Operation operation) const
    {
        if (operation == Operation::flush && !flush)
            return BLKIF_OP_WRITE_BARRIER;
        return blkfront::wire_operation(operation);
    }

    /// Notes that the backend does not do what it offered (BLKIF_RSP_EOPNOTSUPP).
    /// @param wire the operation that it refused @param indirect whether as an indirect request
    /// @return whether the request can be made in another form
    bool demote(Operation operation, std::uint8_t wire, bool indirect)
    {
        if (indirect) {
            most_segments = most_direct_segments;
            return true;
        }
        switch (wire) {
        case BLKIF_OP_FLUSH_DISKCACHE: flush = false; return barrier;
        case BLKIF_OP_WRITE_BARRIER: barrier = false; return operation == Operation::flush && flush;
        case BLKIF_OP_DISCARD:
            (operation == Operation::discard ? discard : secure_discard) = false;
            return false;
        default: return false;
        }
    }
};

} // namespace lodger::blkfront
