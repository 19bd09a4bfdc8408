#pragma once

#include <lodger/core/ids.hpp>
#include <lodger/core/result.hpp>
#include <lodger/core/shared.hpp>
#include <lodger/core/time.hpp>
#include <lodger/core/wait_queue.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lodger {

/// What the loop calls when a port had an event, after it has cleared the port's pending bit. It
/// runs to completion on the loop and must not wait: a wait there fails with `would_deadlock`.
struct Listener {
    void (*call)(void* object) = nullptr;
    void* object = nullptr;

    /// The listener that calls `(object.*method)()`.
    template <auto method, class T>
    static Listener of(T& object)
    {
        return {[](void* self) { (static_cast<T*>(self)->*method)(); }, &object};
    }
};

/// Whether the other domain may write what we let it see.
enum class Access : std::uint8_t { read_only, read_write };

/// One entry of the grant table, version 1 (xen/include/public/grant_table.h); declared here by
/// shape alone, pinned to Xen's header in grant/abi.hpp.
struct GrantEntry {
    std::uint16_t flags;
    std::uint16_t domain;
    std::uint32_t frame;
};

/// The whole of what the library needs from below: the one seam between the protocols and the
/// world. A guest under Xen satisfies it in runtime/, a simulated domain in tests/sim.
///
/// Shapes: pages are `page_size` bytes and page-aligned; `allocate_pages(n)` gives n contiguous,
/// zeroed pages or `no_memory`; `grant_table(n)` gives all entries after growing the table to
/// at least n frames, or `no_space` at Xen's limit; `wait` returns when the queue was woken, or
/// `timed_out`, or `would_deadlock` inside a `Listener`; `incarnation()` counts how often the
/// domain was restored from a saved state, which voids every port and grant from before.
template <class H>
concept Hypervisor =
    SharedAccess<typename H::Memory> &&
    requires(
        H& h, Domain domain, Port port, Listener listener, WaitQueue& queue, Deadline deadline,
        void const* address, std::span<std::byte> pages, std::size_t n) {
        // Event channels (xen/include/public/event_channel.h).
        { h.alloc_unbound(domain) } -> std::same_as<Result<Port>>;
        { h.bind_interdomain(domain, port) } -> std::same_as<Result<Port>>;
        { h.close(port) } -> std::same_as<Result<void>>;
        { h.notify(port) } -> std::same_as<Result<void>>;
        { h.listen(port, listener) } -> std::same_as<Result<void>>;
        { h.unlisten(port) } -> std::same_as<void>;
        // Memory that other domains can be given.
        { h.allocate_pages(n) } -> std::same_as<Result<std::span<std::byte>>>;
        { h.free_pages(pages) } -> std::same_as<void>;
        { h.gfn(address) } -> std::same_as<Gfn>;
        { h.grant_table(n) } -> std::same_as<Result<std::span<GrantEntry>>>;
        // Time and waiting.
        { h.now() } -> std::same_as<Instant>;
        { h.wait(queue, deadline) } -> std::same_as<Result<void>>;
        { h.wake(queue) } -> std::same_as<void>;
        { h.incarnation() } -> std::same_as<std::uint32_t>;
    };

/// What a device needs besides that looks after itself: a thread of its own, which calls
/// `run(object)` and ends with it. `name` outlives the thread.
template <class H>
concept ThreadedHypervisor =
    Hypervisor<H> && requires(H& h, char const* name, void (*run)(void*), void* object) {
        { h.start_thread(name, run, object) } -> std::same_as<Result<void>>;
    };

/// What the backend role needs besides: another domain's granted pages in our address space, one
/// after the other (GNTTABOP_map_grant_ref). `map_grants` maps all of them or none, `no_space` when
/// there is no room; `unmap_grants` takes any whole pages of what was mapped.
template <class H>
concept MappingHypervisor =
    Hypervisor<H> && requires(
                         H& h, Domain domain, std::span<GrantRef const> refs, Access access,
                         std::span<std::byte> pages) {
        { h.map_grants(domain, refs, access) } -> std::same_as<Result<std::span<std::byte>>>;
        { h.unmap_grants(pages) } -> std::same_as<Result<void>>;
    };

/// The deadline that lies `duration` ahead of now.
template <Hypervisor H>
Deadline after(H& hypervisor, Duration duration)
{
    return {hypervisor.now() + duration};
}

} // namespace lodger
