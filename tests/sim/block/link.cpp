#include <lodger/tests/sim/block/link.hpp>

#include <algorithm>

namespace lodger::sim {
namespace {

constexpr std::size_t wire_sector = 512;

std::size_t sectors_of(::blkif_request_segment const& segment)
{
    return std::size_t{segment.last_sect} - segment.first_sect + 1;
}

} // namespace

Result<std::unique_ptr<BlockLink>> BlockLink::connect(
    Domain& backend, lodger::Domain guest, GrantRef ring, Port port, WaitQueue& work,
    BlockOptions const& options, std::vector<std::byte>& medium)
{
    auto const page = LODGER_TRY(backend.map_grant(guest, ring, Access::read_write));
    auto channel = event::EventChannel<Domain>::bind(backend, guest, port);
    if (!channel) {
        LODGER_TRY(backend.unmap_grant(page));
        return Failure{channel.error()};
    }
    return std::unique_ptr<BlockLink>{
        new BlockLink{backend, guest, page, std::move(*channel), work, options, medium}};
}

BlockLink::BlockLink(
    Domain& backend, lodger::Domain guest, std::span<std::byte> ring,
    event::EventChannel<Domain> channel, WaitQueue& work, BlockOptions const& options,
    std::vector<std::byte>& medium)
    : backend_{backend},
      guest_{guest},
      ring_page_{ring},
      ring_{ring},
      channel_{std::move(channel)},
      work_{work},
      options_{options},
      medium_{medium}
{
    channel_.listen(Listener::of<&BlockLink::on_event>(*this)).value();
}

BlockLink::~BlockLink()
{
    for (Pending& pending : pending_)
        unmap(pending);
    static_cast<void>(backend_.unmap_grant(ring_page_));
}

Instant BlockLink::serve()
{
    if (broken_)
        return Instant::max();
    do
        take();
    while (ring_.final_check() && ring_.available().value_or(0) > 0);
    // As blkback does: a frontend that breaks the protocol is served no more.
    broken_ = !ring_.available();
    Instant next = Instant::max();
    for (std::size_t i = 0; i < pending_.size() && !broken_;) {
        if (pending_[i].due > backend_.now()) {
            next = std::min(next, pending_[i].due);
            ++i;
            continue;
        }
        Pending done = std::move(pending_[i]);
        pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
        answer(done);
    }
    if (ring_.publish())
        static_cast<void>(channel_.notify());
    return next;
}

void BlockLink::take()
{
    Random& random = backend_.world().random();
    for (RING_IDX ready = ring_.available().value_or(0); ready > 0; --ready) {
        Pending pending{
            .request = ring_.take(),
            .due = backend_.now() + random.up_to(options_.most_latency),
            .copies = random.chance(4)};
        pending.status = begin(pending);
        backend_.world().note(
            "blk request " + std::to_string(pending.request.id) + " op " +
            std::to_string(pending.request.operation) + " sector " +
            std::to_string(pending.request.sector_number) + " status " +
            std::to_string(pending.status));
        if (backend_.faults().strikes(Fault::block_no_response))
            pending.due = Instant::max();
        pending_.push_back(std::move(pending));
    }
}

/// Checks a request and gets at its data.
std::int16_t BlockLink::begin(Pending& pending)
{
    Request const& request = pending.request;
    bool const is_known = request.operation == BLKIF_OP_READ || request.operation == BLKIF_OP_WRITE;
    if (!is_known)
        return BLKIF_RSP_EOPNOTSUPP;
    if (request.nr_segments == 0 || request.nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
        return BLKIF_RSP_ERROR;
    std::size_t sectors = 0;
    for (std::size_t i = 0; i < request.nr_segments; ++i) {
        auto const& segment = request.seg[i];
        if (segment.last_sect < segment.first_sect || segment.last_sect >= 8)
            return BLKIF_RSP_ERROR;
        sectors += sectors_of(segment);
    }
    std::size_t const size = medium_.size() / wire_sector;
    if (request.sector_number > size || sectors > size - request.sector_number)
        return BLKIF_RSP_ERROR;
    return pending.copies ? std::int16_t{BLKIF_RSP_OKAY} : map_segments(pending);
}

std::int16_t BlockLink::map_segments(Pending& pending)
{
    Request const& request = pending.request;
    bool const is_write = request.operation == BLKIF_OP_WRITE;
    for (std::size_t i = 0; i < request.nr_segments; ++i) {
        auto const page = backend_.map_grant(
            guest_, GrantRef{request.seg[i].gref},
            is_write ? Access::read_only : Access::read_write);
        if (!page)
            return BLKIF_RSP_ERROR;
        pending.pages.push_back(*page);
    }
    return BLKIF_RSP_OKAY;
}

void BlockLink::transfer(Pending const& pending)
{
    std::span<std::byte> place =
        std::span{medium_}.subspan(pending.request.sector_number * wire_sector);
    for (std::size_t i = 0; i < pending.request.nr_segments; ++i) {
        std::size_t const size = sectors_of(pending.request.seg[i]) * wire_sector;
        transfer_segment(pending, i, place.first(size));
        place = place.subspan(size);
    }
}

void BlockLink::transfer_segment(
    Pending const& pending, std::size_t index, std::span<std::byte> on_medium)
{
    auto const& segment = pending.request.seg[index];
    std::size_t const offset = segment.first_sect * wire_sector;
    bool const is_write = pending.request.operation == BLKIF_OP_WRITE;
    Grants& grants = backend_.world().grants();
    if (pending.copies) {
        GrantRef const ref{segment.gref};
        if (is_write)
            grants.copy_from(backend_, guest_, ref, offset, on_medium);
        else
            grants.copy_to(backend_, guest_, ref, offset, on_medium);
    } else if (is_write) {
        Memory::copy_in(on_medium.data(), &pending.pages[index][offset], on_medium.size());
    } else {
        Memory::copy_out(&pending.pages[index][offset], on_medium.data(), on_medium.size());
    }
}

void BlockLink::unmap(Pending& pending)
{
    for (std::span<std::byte> const page : pending.pages)
        static_cast<void>(backend_.unmap_grant(page));
    pending.pages.clear();
}

void BlockLink::answer(Pending& pending)
{
    Faults& faults = backend_.faults();
    if (pending.status == BLKIF_RSP_OKAY && faults.strikes(Fault::block_error))
        pending.status = BLKIF_RSP_ERROR;
    if (pending.status == BLKIF_RSP_OKAY)
        transfer(pending);
    if (!pending.pages.empty() && faults.strikes(Fault::block_held_page))
        pending.pages.pop_back(); // Never unmapped.
    unmap(pending);
    Response response{pending.request.id, pending.request.operation, pending.status};
    backend_.world().note(
        "blk response " + std::to_string(response.id) + " status " +
        std::to_string(response.status));
    if (faults.strikes(Fault::block_duplicate_id))
        return misbehave(response, 2);
    if (faults.strikes(Fault::block_producer_jump))
        return misbehave(response, 1'000'000);
    broken_ = is_hostile(response);
    ring_.put(response);
    last_id_ = pending.request.id;
}

/// Makes the response wrong, if a fault says so.
bool BlockLink::is_hostile(Response& response)
{
    Faults& faults = backend_.faults();
    std::uint64_t const id = response.id;
    if (faults.strikes(Fault::block_bad_id))
        response.id = backend_.world().random().next();
    else if (last_id_ != 0 && faults.strikes(Fault::block_idle_id))
        response.id = last_id_;
    else if (faults.strikes(Fault::block_wrong_operation))
        response.operation ^= 1;
    else
        return false;
    backend_.world().note(
        "blk instead of " + std::to_string(id) + " says " + std::to_string(response.id));
    return true;
}

/// Puts the response, and lets `rsp_prod` claim that many, as no honest ring would.
void BlockLink::misbehave(Response response, std::size_t copies)
{
    broken_ = true;
    auto* const header = reinterpret_cast<ring::SharedHeader*>(ring_page_.data());
    std::size_t const mask = ring_.capacity() - 1;
    static_cast<void>(ring_.publish());
    for (std::size_t i = 0; i < std::min<std::size_t>(copies, ring_.capacity()); ++i) {
        std::byte* const slots = ring_page_.data() + sizeof(ring::SharedHeader);
        std::byte* const slot = slots + ((header->rsp_prod + i) & mask) * sizeof(Request);
        Memory::copy_out(slot, &response, sizeof response);
    }
    Memory::store_release(header->rsp_prod, static_cast<RING_IDX>(header->rsp_prod + copies));
    static_cast<void>(channel_.notify());
}

} // namespace lodger::sim
