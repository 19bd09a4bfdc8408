#include <lodger/tests/sim/block/hostile_ring.hpp>

#include <algorithm>

namespace lodger::sim {

HostileRing::Request HostileRing::take()
{
    Request request = ring_.take();
    if (is_refused(request.operation)) {
        refused_.emplace_back(request.id, request.operation);
        request.operation = unknown_operation;
    }
    return request;
}

bool HostileRing::is_refused(std::uint8_t operation)
{
    Faults& faults = domain_.faults();
    switch (operation) {
    case BLKIF_OP_FLUSH_DISKCACHE: return faults.strikes(Fault::block_no_flush);
    case BLKIF_OP_WRITE_BARRIER: return faults.strikes(Fault::block_no_barrier);
    case BLKIF_OP_DISCARD: return faults.strikes(Fault::block_no_discard);
    case BLKIF_OP_INDIRECT: return faults.strikes(Fault::block_no_indirect);
    default: return false;
    }
}

void HostileRing::put(Response response)
{
    if (is_broken_)
        return;
    auto const refused =
        std::ranges::find(refused_, response.id, &std::pair<std::uint64_t, std::uint8_t>::first);
    if (response.operation == unknown_operation && refused != refused_.end()) {
        response.operation = refused->second;
        refused_.erase(refused);
    }
    std::uint64_t const id = response.id;
    if (domain_.faults().strikes(Fault::block_duplicate_id))
        return leap(response, 2);
    if (domain_.faults().strikes(Fault::block_producer_jump))
        return leap(response, 1'000'000);
    is_broken_ = is_made_wrong(response);
    ring_.put(response);
    last_id_ = id;
}

bool HostileRing::is_made_wrong(Response& response)
{
    Faults& faults = domain_.faults();
    if (faults.strikes(Fault::block_bad_id))
        response.id = domain_.world().random().next();
    else if (last_id_ != 0 && faults.strikes(Fault::block_idle_id))
        response.id = last_id_;
    else if (faults.strikes(Fault::block_wrong_operation))
        response.operation ^= 1;
    else
        return false;
    domain_.world().note("blk says nonsense");
    return true;
}

/// Puts the response, and lets `rsp_prod` claim that many, as no honest ring would.
void HostileRing::leap(Response const& response, std::size_t copies)
{
    is_broken_ = has_leapt_ = true;
    auto* const header = reinterpret_cast<ring::SharedHeader*>(pages_.data());
    std::size_t const mask = ring_.capacity() - 1;
    static_cast<void>(ring_.publish());
    for (std::size_t i = 0; i < std::min<std::size_t>(copies, ring_.capacity()); ++i) {
        std::byte* const slots = pages_.data() + sizeof(ring::SharedHeader);
        std::byte* const slot = slots + ((header->rsp_prod + i) & mask) * sizeof(Request);
        Memory::copy_out(slot, &response, sizeof response);
    }
    Memory::store_release(header->rsp_prod, static_cast<RING_IDX>(header->rsp_prod + copies));
}

bool HostileRing::publish()
{
    if (std::exchange(has_leapt_, false))
        return true;
    return ring_.publish();
}

} // namespace lodger::sim
