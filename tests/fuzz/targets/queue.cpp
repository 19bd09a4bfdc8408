#include <lodger/blkfront/queue.hpp>
#include <lodger/tests/fuzz/domain.hpp>

#include <set>

using namespace lodger;
using blkfront::Io;
using blkfront::Operation;

// The block queue against a backend that changes the ring between any two accesses, keeps pages
// mapped for as long as it likes, and answers whatever it likes: every request completes exactly
// once, and a page is not handed out again while the backend may touch it.

namespace {

using Queue = blkfront::Queue<fuzz::FuzzDomain>;
using Pool = blkfront::BufferPool<fuzz::FuzzDomain>;
using Buffer = blkfront::Buffer<fuzz::FuzzDomain>;

struct Request : Io {
    using Io::Io;
    std::uint64_t id = 0;
    int completed = 0;
};

void complete(Io& io, Result<>)
{
    ++static_cast<Request&>(io).completed;
}

class Run {
public:
    Run(fuzz::Input& input, fuzz::FuzzDomain& domain, Pool& pool, Queue& queue,
        std::span<std::byte> ring, bool is_hostile)
        : input_{input},
          domain_{domain},
          pool_{pool},
          queue_{queue},
          header_{*reinterpret_cast<ring::SharedHeader*>(ring.data())},
          slots_{ring.data() + sizeof(ring::SharedHeader)},
          is_hostile_{is_hostile}
    {
    }

    void step()
    {
        switch (input_.take<std::uint8_t>() % 8) {
        case 0:
        case 1: return submit();
        case 2: queue_.publish(); return;
        case 3: return answer();
        case 4: return map_or_unmap();
        case 5: return reap();
        case 6: return abandon();
        case 7:
            if (!buffers_.empty())
                buffers_.erase(buffers_.begin());
            return;
        }
    }

    void finish()
    {
        reap();
        queue_.fail(Errc::disconnected);
        for (auto const& request : requests_)
            fuzz::require(request->completed == 1 && !request->is_in_flight());
        for (auto const& request : abandoned_)
            fuzz::require(request->completed == 0);
    }

private:
    void submit()
    {
        auto buffer = Buffer::allocate(pool_, 1 + input_.up_to(12 * page_size));
        if (!buffer || is_failed_)
            return;
        for (std::size_t at = 0; at < buffer->bytes().size(); at += page_size)
            fuzz::require(!may_be_touched(&buffer->bytes()[at]));
        std::size_t const start = input_.up_to(7) * 512;
        auto data = buffer->bytes().subspan(start);
        data = data.first(std::min(data.size(), (1 + input_.up_to(88)) * 512));
        auto const what = input_.take<std::uint8_t>() % 2 ? Operation::read : Operation::write;
        auto request = std::make_unique<Request>(what, 512 * input_.up_to(1000), data, &complete);
        buffers_.push_back(std::move(*buffer));
        auto const submitted = queue_.submit(*request);
        fuzz::require(submitted.has_value() == request->is_in_flight());
        if (!submitted)
            return;
        auto const sent = in_ring(submitted_++);
        if (!is_hostile_)
            check_unused_segments(sent);
        request->id = sent.id;
        requests_.push_back(std::move(request));
    }

    blkfront::Request in_ring(std::size_t index) const
    {
        blkfront::Request request;
        std::memcpy(&request, slots_ + index % queue_.capacity() * sizeof request, sizeof request);
        return request;
    }

    /// What a request does not use must not show the backend what was in our memory.
    static void check_unused_segments(blkfront::Request const& request)
    {
        for (std::size_t i = request.nr_segments; i < blkfront::most_segments; ++i) {
            auto const& segment = request.seg[i];
            fuzz::require((segment.gref | segment.first_sect | segment.last_sect) == 0);
        }
    }

    /// Whether Xen would let the backend touch the page.
    bool may_be_touched(std::byte const* page) const
    {
        auto const frame = static_cast<std::uint32_t>(domain_.gfn(page).value);
        for (std::size_t ref = 8; ref < domain_.grant_entries.size(); ++ref) {
            auto const& entry = domain_.grant_entries[ref];
            if (entry.flags != 0 && entry.frame == frame)
                return true;
        }
        return false;
    }

    /// A response that could be one: to a request that is in the ring, or nearly.
    void answer()
    {
        auto const request = in_ring(input_.up_to(queue_.capacity() - 1));
        blkfront::Response response{
            .id = request.id,
            .operation = request.operation,
            .status = static_cast<std::int16_t>(input_.take<std::int8_t>() / 32)};
        std::memcpy(
            slots_ + header_.rsp_prod % queue_.capacity() * sizeof request, &response,
            sizeof response);
        ++header_.rsp_prod;
        answered_.insert(response.id);
    }

    /// What mapping a grant does: Xen marks the entry as in use, if it permits anything.
    void map_or_unmap()
    {
        auto& entry = domain_.grant_entries[8 + input_.up_to(60)];
        if (!(entry.flags & GTF_permit_access))
            return;
        if (entry.flags & GTF_reading)
            entry.flags = static_cast<std::uint16_t>(entry.flags & ~(GTF_reading | GTF_writing));
        else
            entry.flags |= entry.flags & GTF_readonly ? GTF_reading : GTF_reading | GTF_writing;
    }

    void reap()
    {
        if (!is_failed_ && !queue_.reap()) {
            queue_.fail(Errc::protocol);
            is_failed_ = true;
        }
        for (auto const& request : requests_) {
            fuzz::require(request->completed == !request->is_in_flight());
            // Only a response to itself ends a request, unless all have failed.
            bool const is_answered = is_hostile_ || is_failed_ || answered_.contains(request->id);
            fuzz::require(!request->completed || is_answered);
        }
    }

    void abandon()
    {
        if (requests_.empty())
            return;
        auto& request = requests_[input_.up_to(requests_.size() - 1)];
        if (!request->is_in_flight())
            return;
        queue_.abandon(*request);
        std::swap(request, requests_.back());
        abandoned_.push_back(std::move(requests_.back()));
        requests_.pop_back();
    }

    fuzz::Input& input_;
    fuzz::FuzzDomain& domain_;
    Pool& pool_;
    Queue& queue_;
    ring::SharedHeader& header_;
    std::byte* slots_;
    bool is_hostile_;
    bool is_failed_ = false;
    std::size_t submitted_ = 0;
    std::set<std::uint64_t> answered_;
    std::vector<Buffer> buffers_;
    std::vector<std::unique_ptr<Request>> requests_;
    std::vector<std::unique_ptr<Request>> abandoned_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    fuzz::FuzzDomain domain;
    grant::Table<fuzz::FuzzDomain> grants{domain};
    auto const ring = domain.allocate_pages(1).value();
    auto const pool = Pool::create(domain, 24).value();
    auto queue = Queue::create(grants, Domain{0}, ring, *pool, 51712).value();
    fuzz::Peer peer{input};
    bool const is_hostile = input.take<std::uint8_t>() % 2;
    if (is_hostile) {
        auto& header = *reinterpret_cast<ring::SharedHeader*>(ring.data());
        peer.owns(ring);
        for (auto* const cell :
             {&header.req_prod, &header.req_event, &header.rsp_prod, &header.rsp_event})
            peer.aims_at(*cell);
    }
    Run run{input, domain, *pool, queue, ring, is_hostile};
    for (int steps = 0; !input.empty() && steps < 300; ++steps)
        run.step();
    run.finish();
    return 0;
}
