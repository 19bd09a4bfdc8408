#pragma once

#include <lodger/event/event_channel.hpp>
#include <lodger/ring/back.hpp>
#include <lodger/tests/sim/block/options.hpp>
#include <lodger/tests/sim/world.hpp>

#include <vector>

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>

namespace lodger::sim {

/// What a block backend shares with its frontend while they are connected: the ring, the port and
/// the pages of the requests under way. Takes requests, and answers each after a while.
class BlockLink {
public:
    /// @param work woken for each event
    static Result<std::unique_ptr<BlockLink>> connect(
        Domain& backend, lodger::Domain guest, GrantRef ring, Port port, WaitQueue& work,
        BlockOptions const& options, std::vector<std::byte>& medium);
    BlockLink(BlockLink const&) = delete;
    BlockLink& operator=(BlockLink const&) = delete;
    /// Lets go of everything but what a fault makes it hold.
    ~BlockLink();

    std::span<std::byte> ring_page() const { return ring_page_; }

    /// Takes what is in the ring and answers what is due.
    /// @return when the next answer is due
    Instant serve();

private:
    using Request = ::blkif_request;
    using Response = ::blkif_response;

    struct Pending {
        Request request;
        Instant due;
        bool copies; ///< data goes by grant copy instead of a mapping
        std::vector<std::span<std::byte>> pages{};
        std::int16_t status = BLKIF_RSP_OKAY;
    };

    BlockLink(
        Domain& backend, lodger::Domain guest, std::span<std::byte> ring,
        event::EventChannel<Domain> channel, WaitQueue& work, BlockOptions const& options,
        std::vector<std::byte>& medium);

    void on_event() { backend_.wake(work_); }
    void take();
    std::int16_t begin(Pending& pending);
    std::int16_t map_segments(Pending& pending);
    void transfer(Pending const& pending);
    void
    transfer_segment(Pending const& pending, std::size_t index, std::span<std::byte> on_medium);
    void unmap(Pending& pending);
    void answer(Pending& pending);
    void misbehave(Response response, std::size_t copies);
    bool is_hostile(Response& response);

    Domain& backend_;
    lodger::Domain guest_;
    std::span<std::byte> ring_page_;
    ring::BackRing<Request, Response, Memory> ring_;
    event::EventChannel<Domain> channel_;
    WaitQueue& work_;
    BlockOptions const& options_;
    std::vector<std::byte>& medium_;
    std::vector<Pending> pending_;
    std::uint64_t last_id_ = 0; ///< of a request that was answered
    bool broken_ = false;       ///< it has broken the protocol, and does nothing any more
};

} // namespace lodger::sim
