// Requests pushed into a block ring and their responses popped, by our FrontRing and by the macros
// of Xen's ring.h, which are given the same to do: a request is copied in, published with a look at
// whether to notify, and each response is counted, copied out, checked to have an id that we gave,
// and followed by the last look for more. The backend between the two is the same code.

#include <lodger/blkfront/abi.hpp>
#include <lodger/ring/front.hpp>

#include <benchmark/benchmark.h>
#include <cstdlib>

#define xen_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __asm__ __volatile__("" : : : "memory")
#define xen_wmb() __asm__ __volatile__("" : : : "memory")
#include <xen/io/ring.h>

namespace {

using namespace lodger;
using blkfront::Request;
using blkfront::Response;
using blkfront::ShortRequest;

DEFINE_RING_TYPES(theirs, Request, Response);

constexpr std::size_t page_bytes = 4096;
alignas(page_bytes) std::byte page[page_bytes];

/// What a backend does to the page, at no more cost than its stores.
struct Backend {
    theirs_sring* shared = reinterpret_cast<theirs_sring*>(page);
    RING_IDX done = 0;

    void answer()
    {
        RING_IDX const until = shared->req_prod;
        for (; done != until; ++done) {
            auto& slot = shared->ring[done % 32];
            std::uint64_t const id = slot.req.id;
            slot.rsp = {.id = id, .operation = BLKIF_OP_READ, .status = BLKIF_RSP_OKAY};
        }
        __atomic_store_n(&shared->rsp_prod, done, __ATOMIC_RELEASE);
    }
};

[[noreturn]] void fail()
{
    std::fputs("bench/ring: the ring is not what it should be\n", stderr);
    std::abort();
}

void check(Response const& response, std::uint64_t requests)
{
    if (response.id >= requests || response.status != BLKIF_RSP_OKAY)
        fail();
}

void lodger_ring(benchmark::State& state)
{
    auto const depth = static_cast<std::uint64_t>(state.range(0));
    ring::FrontRing<Request, Response, SharedMemory> ring{page};
    Backend backend;
    unsigned notifications = 0;
    for (auto _ : state) {
        for (std::uint64_t id = 0; id < depth; ++id)
            ring.put(ShortRequest{
                blkfront::operation_word(BLKIF_OP_READ, 51712), id, id * 8,
                blkfront::segment_word({8, 0, 7})});
        notifications += ring.publish();
        backend.answer();
        do {
            auto const ready = ring.available();
            if (!ready)
                fail();
            for (RING_IDX left = *ready; left > 0; --left)
                check(ring.take(), depth);
        } while (ring.final_check());
    }
    benchmark::DoNotOptimize(notifications);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void xen_ring(benchmark::State& state)
{
    auto const depth = static_cast<std::uint64_t>(state.range(0));
    theirs_front_ring ring;
    XEN_FRONT_RING_INIT(&ring, reinterpret_cast<theirs_sring*>(page), page_bytes);
    Backend backend;
    unsigned notifications = 0;
    for (auto _ : state) {
        for (std::uint64_t id = 0; id < depth; ++id) {
            if (RING_FULL(&ring))
                fail();
            Request* const request = RING_GET_REQUEST(&ring, ring.req_prod_pvt);
            request->operation = BLKIF_OP_READ;
            request->nr_segments = 1;
            request->handle = 51712;
            request->id = id;
            request->sector_number = id * 8;
            request->seg[0] = {8, 0, 7};
            ++ring.req_prod_pvt;
        }
        bool notify;
        RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring, notify);
        notifications += notify;
        backend.answer();
        bool more;
        do {
            RING_IDX const end = ring.sring->rsp_prod;
            xen_rmb();
            if (RING_RESPONSE_PROD_OVERFLOW(&ring, end))
                fail();
            for (; ring.rsp_cons != end; ++ring.rsp_cons) {
                Response response;
                RING_COPY_RESPONSE(&ring, ring.rsp_cons, &response);
                check(response, depth);
            }
            RING_FINAL_CHECK_FOR_RESPONSES(&ring, more);
        } while (more);
    }
    benchmark::DoNotOptimize(notifications);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

// The argument is how many requests are under way.
BENCHMARK(lodger_ring)->Arg(1)->Arg(8)->Arg(32);
BENCHMARK(xen_ring)->Arg(1)->Arg(8)->Arg(32);

} // namespace

BENCHMARK_MAIN();
