#include <lodger/blkfront/flow.hpp>
#include <lodger/tests/fuzz/domain.hpp>

using namespace lodger;
using blkfront::Io;
using blkfront::Operation;

// The requests of a disk against a backend that changes the ring between any two accesses, keeps
// pages mapped for as long as it likes, and answers whatever it likes: every request completes
// exactly once, and a page is not handed out again while the backend may touch it.

namespace {

using Flow = blkfront::Flow<fuzz::FuzzDomain>;
using Link = blkfront::Link<fuzz::FuzzDomain>;
using Frames = blkfront::IndirectFrames<fuzz::FuzzDomain>;
using Pool = blkfront::BufferPool<fuzz::FuzzDomain>;
using Buffer = blkfront::Buffer<fuzz::FuzzDomain>;

struct Request : Io {
    using Io::Io;
    int completed = 0;
};

void complete(Io& io, Result<>)
{
    ++static_cast<Request&>(io).completed;
}

class Run {
public:
    Run(fuzz::Input& input, fuzz::FuzzDomain& domain, Pool& pool, Flow& flow,
        std::span<std::byte> ring, bool is_persistent)
        : input_{input},
          domain_{domain},
          pool_{pool},
          flow_{flow},
          header_{*reinterpret_cast<ring::SharedHeader*>(ring.data())},
          slots_{ring.data() + sizeof(ring::SharedHeader)},
          is_persistent_{is_persistent}
    {
    }

    void step()
    {
        switch (input_.take<std::uint8_t>() % 8) {
        case 0:
        case 1: return submit();
        case 2: flow_.publish(); return;
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
        flow_.fail_all(Errc::disconnected);
        for (auto const& request : requests_)
            fuzz::require(request->completed == 1 && !request->is_in_flight());
        for (auto const& request : abandoned_)
            fuzz::require(request->completed == 0);
    }

private:
    static constexpr std::size_t slot_count = 32;

    void submit()
    {
        auto buffer = Buffer::allocate(pool_, 1 + input_.up_to(30 * page_size));
        if (!buffer)
            return;
        for (std::size_t at = 0; !is_persistent_ && at < buffer->bytes().size(); at += page_size)
            fuzz::require(!may_be_touched(&buffer->bytes()[at]));
        std::size_t const start = input_.up_to(7) * 512;
        auto data = buffer->bytes().subspan(start);
        data = data.first(std::min(data.size(), (1 + input_.up_to(240)) * 512));
        auto request = std::make_unique<Request>(
            static_cast<Operation>(input_.up_to(5)), 512 * input_.up_to(1000), data, &complete);
        request->length = 512 * (1 + input_.up_to(1000));
        buffers_.push_back(std::move(*buffer));
        bool const is_taken = flow_.take_on(*request).has_value();
        fuzz::require(is_taken == !flow_.failed());
        if (is_taken)
            requests_.push_back(std::move(request));
    }

    blkfront::Request in_ring(std::size_t index) const
    {
        blkfront::Request request;
        std::memcpy(&request, slots_ + index % slot_count * sizeof request, sizeof request);
        return request;
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
        auto const request = in_ring(input_.up_to(slot_count - 1));
        blkfront::Response response{
            .id = request.id,
            .operation = request.operation,
            .status = static_cast<std::int16_t>(input_.take<std::int8_t>() / 32)};
        std::memcpy(
            slots_ + header_.rsp_prod % slot_count * sizeof request, &response, sizeof response);
        ++header_.rsp_prod;
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
        if (auto const served = flow_.serve(); !served)
            flow_.fail_all(served.error());
        for (auto const& request : requests_)
            fuzz::require(request->completed == !request->is_in_flight());
    }

    void abandon()
    {
        if (requests_.empty())
            return;
        auto& request = requests_[input_.up_to(requests_.size() - 1)];
        if (!request->is_in_flight())
            return;
        flow_.abandon(*request);
        std::swap(request, requests_.back());
        abandoned_.push_back(std::move(requests_.back()));
        requests_.pop_back();
    }

    fuzz::Input& input_;
    fuzz::FuzzDomain& domain_;
    Pool& pool_;
    Flow& flow_;
    ring::SharedHeader& header_;
    std::byte* slots_;
    bool is_persistent_;
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
    auto const pool = Pool::create(domain, 62).value();
    auto const frames = Frames::create(*pool, 2).value();
    fuzz::Peer peer{input};
    auto const choices = input.take<std::uint8_t>();
    bool const is_persistent = choices & 2;
    auto const link =
        Link::create(
            grants, Domain{0}, {.persistent_grants = is_persistent}, *pool, *frames, 51712, {})
            .value();
    link->connect(
        {.most_segments = choices & 4 ? blkfront::most_indirect_segments : 11u,
         .persistent_grants = is_persistent,
         .flush = (choices & 8) != 0,
         .barrier = (choices & 16) != 0,
         .discard = true,
         .secure_discard = true});
    auto const ring = link->channel(0).ring.bytes();
    if (choices & 1) {
        auto& header = *reinterpret_cast<ring::SharedHeader*>(ring.data());
        peer.owns(ring);
        for (auto* const cell :
             {&header.req_prod, &header.req_event, &header.rsp_prod, &header.rsp_event})
            peer.aims_at(*cell);
    }
    Flow flow{grants};
    flow.attach(*link);
    Run run{input, domain, *pool, flow, ring, is_persistent};
    for (int steps = 0; !input.empty() && steps < 300; ++steps)
        run.step();
    run.finish();
    return 0;
}
