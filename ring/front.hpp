#pragma once

#include <lodger/core/result.hpp>
#include <lodger/core/shared.hpp>
#include <lodger/ring/abi.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <span>
#include <type_traits>

namespace lodger::ring {

/// The frontend's side of a shared ring: puts requests in, takes responses out.
///
/// Borrows the ring's pages. Peer: the backend, not trusted. Both our indices are private, so a
/// peer that scribbles over the page changes neither what we believe is in flight nor where we
/// write next; the one index of its that we need, `rsp_prod`, is checked against them. A slot is
/// not touched again once it is published.
/// Source: xen/include/public/io/ring.h.
template <class Request, class Response, SharedAccess Memory>
    requires std::is_trivially_copyable_v<Request> && std::is_trivially_copyable_v<Response>
class FrontRing {
public:
    static constexpr std::size_t slot_size = std::max(sizeof(Request), sizeof(Response));

    /// Lays an empty ring into `pages`, as the frontend must before it offers them.
    /// @param pages one page or a power of two of them, aligned, not yet shared
    explicit FrontRing(std::span<std::byte> pages)
        : header_{reinterpret_cast<SharedHeader*>(pages.data())},
          slots_{pages.data() + sizeof(SharedHeader)},
          mask_{slot_count(pages.size(), slot_size) - 1}
    {
        std::memset(pages.data(), 0, pages.size());
        Memory::store_relaxed(header_->req_event, 1);
        Memory::store_release(header_->rsp_event, 1);
    }

    RING_IDX capacity() const { return mask_ + 1; }

    /// Requests put in whose response has not been taken out.
    RING_IDX in_flight() const { return req_prod_ - rsp_cons_; }
    RING_IDX free() const { return capacity() - in_flight(); }
    bool is_full() const { return in_flight() > mask_; }

    /// Puts a request into the next slot, unseen by the peer until `publish()`.
    void put(Request const& request) { put(request, sizeof request); }

    /// Puts a request of another form that shares the slot, or the part of one that means
    /// something; what the slot held behind it stays there.
    /// @param size bytes, at most a slot's
    template <class Form>
        requires std::is_trivially_copyable_v<Form>
    void put(Form const& request, std::size_t size = sizeof(Form))
    {
        assert(!is_full() && size <= slot_size);
        Memory::copy_out(slot(req_prod_), &request, size);
        ++req_prod_;
    }

    /// Shows the peer everything put so far.
    /// @return whether it asked to be notified of it: if so, raise its event
    bool publish()
    {
        RING_IDX const before = published_;
        if (before == req_prod_)
            return false;
        published_ = req_prod_;
        Memory::store_release(header_->req_prod, req_prod_);
        // Orders this store of req_prod before the load of req_event: the peer stores req_event,
        // then looks at req_prod once more, so one of the two sees the other's.
        Memory::full_fence();
        return req_prod_ - Memory::load_relaxed(header_->req_event) < req_prod_ - before;
    }

    /// How many responses can be taken.
    /// @return `protocol` if the peer claims more responses than there are requests in flight
    Result<RING_IDX> available() const
    {
        RING_IDX const ready = Memory::load_acquire(header_->rsp_prod) - rsp_cons_;
        if (ready > published_ - rsp_cons_)
            return Failure{Errc::protocol};
        return ready;
    }

    /// A copy of the next response; `available()` must have said that there is one. Check the
    /// copy before using it.
    Response take()
    {
        assert(in_flight() > 0);
        Response response;
        Memory::copy_in(&response, slot(rsp_cons_), sizeof response);
        ++rsp_cons_;
        return response;
    }

    /// Asks to be notified of the response after the next `count - 1`, then looks once more.
    /// @param count responses to wait for, at least 1
    /// @return whether there is something to take already, in which case no event may come
    bool final_check(RING_IDX count = 1)
    {
        Memory::store_relaxed(header_->rsp_event, rsp_cons_ + count);
        // Orders this store of rsp_event before the load of rsp_prod, the mirror of publish().
        Memory::full_fence();
        return Memory::load_relaxed(header_->rsp_prod) != rsp_cons_;
    }

private:
    std::byte* slot(RING_IDX index) const { return slots_ + (index & mask_) * slot_size; }

    SharedHeader* header_;
    std::byte* slots_;
    RING_IDX mask_;
    RING_IDX req_prod_ = 0;
    RING_IDX published_ = 0;
    RING_IDX rsp_cons_ = 0;
};

} // namespace lodger::ring
