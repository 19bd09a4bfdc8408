#pragma once

#include <lodger/core/result.hpp>
#include <lodger/core/shared.hpp>
#include <lodger/ring/abi.hpp>

#include <algorithm>
#include <cassert>
#include <span>
#include <type_traits>

namespace lodger::ring {

/// The backend's side of a shared ring, the mirror image of `FrontRing`: takes requests out, puts
/// responses in. Borrows the mapped pages. Peer: the frontend, not trusted; our indices are
/// private and its `req_prod` is checked against them.
/// Source: xen/include/public/io/ring.h.
template <class Request, class Response, SharedAccess Memory>
    requires std::is_trivially_copyable_v<Request> && std::is_trivially_copyable_v<Response>
class BackRing {
public:
    static constexpr std::size_t slot_size = std::max(sizeof(Request), sizeof(Response));

    /// @param pages the ring's pages, contiguous, as the frontend has initialised them
    explicit BackRing(std::span<std::byte> pages)
        : header_{reinterpret_cast<SharedHeader*>(pages.data())},
          slots_{pages.data() + sizeof(SharedHeader)},
          mask_{slot_count(pages.size(), slot_size) - 1}
    {
    }

    RING_IDX capacity() const { return mask_ + 1; }

    /// How many requests can be taken.
    /// @return `protocol` if the peer claims more requests than the ring can hold
    Result<RING_IDX> available() const
    {
        RING_IDX const ready = Memory::load_acquire(header_->req_prod) - req_cons_;
        // Those that were taken and not answered take up room as well.
        if (ready > capacity() - (req_cons_ - rsp_prod_))
            return Failure{Errc::protocol};
        return ready;
    }

    /// A copy of the next request; `available()` must have said that there is one.
    Request take()
    {
        Request request;
        Memory::copy_in(&request, slot(req_cons_), sizeof request);
        ++req_cons_;
        return request;
    }

    /// Puts a response, to any request taken, into the next slot.
    void put(Response const& response)
    {
        assert(rsp_prod_ != req_cons_);
        Memory::copy_out(slot(rsp_prod_), &response, sizeof response);
        ++rsp_prod_;
    }

    /// Shows the peer every response put so far.
    /// @return whether it asked to be notified
    bool publish()
    {
        RING_IDX const before = published_;
        if (before == rsp_prod_)
            return false;
        published_ = rsp_prod_;
        Memory::store_release(header_->rsp_prod, rsp_prod_);
        // Orders this store of rsp_prod before the load of rsp_event; see FrontRing::publish.
        Memory::full_fence();
        return rsp_prod_ - Memory::load_relaxed(header_->rsp_event) < rsp_prod_ - before;
    }

    /// Asks to be notified of the next request, then looks once more.
    bool final_check()
    {
        Memory::store_relaxed(header_->req_event, req_cons_ + 1);
        // Orders this store of req_event before the load of req_prod.
        Memory::full_fence();
        return Memory::load_relaxed(header_->req_prod) != req_cons_;
    }

private:
    std::byte* slot(RING_IDX index) const { return slots_ + (index & mask_) * slot_size; }

    SharedHeader* header_;
    std::byte* slots_;
    RING_IDX mask_;
    RING_IDX req_cons_ = 0;
    RING_IDX rsp_prod_ = 0;
    RING_IDX published_ = 0;
};

} // namespace lodger::ring
