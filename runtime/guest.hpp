#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/arch/x86/clock.hpp>
#include <lodger/arch/x86/foreign_pages.hpp>
#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/suspend.hpp>
#include <lodger/core/trace.hpp>
#include <lodger/runtime/page_allocator.hpp>
#include <lodger/runtime/scheduler.hpp>

#include <cassert>

namespace lodger::runtime {

/// The version of the Xen that runs us: 4, 17, ".7" for 4.17.7.
struct XenVersion {
    unsigned major = 0;
    unsigned minor = 0;
    xen_extraversion_t extra{}; ///< ended by NUL
};

/// This guest under its Xen: what every `Hypervisor` parameter of the library is when it runs for
/// real. There is one, `guest()`, ready before static constructors run.
class Guest {
public:
    using Memory = SharedMemory;

    // Event channels.
    Result<Port> alloc_unbound(Domain remote);
    Result<Port> bind_interdomain(Domain remote, Port remote_port);
    Result<void> close(Port port);
    Result<void> notify(Port port)
    {
        evtchn_send_t send{port.value};
        return arch::outcome(arch::event_channel_op(EVTCHNOP_send, &send));
    }
    Result<void> listen(Port port, Listener listener)
    {
        return scheduler_.ports().listen(port, listener);
    }
    void unlisten(Port port) { scheduler_.ports().unlisten(port); }

    // Memory.
    Result<std::span<std::byte>> allocate_pages(std::size_t count)
    {
        return pages_.allocate(count);
    }
    void free_pages(std::span<std::byte> pages) { pages_.free(pages); }
    Gfn gfn(void const* address) const { return arch::gfn(address); }
    Result<std::span<GrantEntry>> grant_table(std::size_t frames);

    // Memory of other domains.
    Result<std::span<std::byte>>
    map_grants(Domain owner, std::span<GrantRef const> refs, Access access)
    {
        return arch::map_grants(owner, refs, access);
    }
    Result<void> unmap_grants(std::span<std::byte> pages) { return arch::unmap_grants(pages); }

    // Time and waiting.
    Instant now() const { return system_time() - away_; }
    Result<void> wait(WaitQueue& queue, Deadline deadline)
    {
        return scheduler_.wait(queue, deadline);
    }
    void wake(WaitQueue& queue) { scheduler_.wake(queue); }
    std::uint32_t incarnation() const { return incarnation_; }
    Result<void> start_thread(char const* name, void (*run)(void*), void* object)
    {
        LODGER_TRY(Thread::start({.name = name}, run, object))->detach();
        return {};
    }

    // The protocols' trace, on the console.
    bool is_traced(Topic topic) const { return traced_ >> static_cast<unsigned>(topic) & 1; }
    [[gnu::cold]] void trace(Topic topic, std::string_view line) const;
    /// Shows these topics from now on. @param topics names, separated by commas
    [[gnu::cold]] void show_trace(std::string_view topics);

    // Beyond the concept.
    /// How many pages of other domains are mapped.
    std::size_t foreign_pages() const { return arch::foreign_page_count(); }
    [[gnu::cold]] XenVersion xen_version() const;
    arch::BootInfo const& boot_info() const { return *boot_; }
    PageAllocator& pages() { return pages_; }
    Scheduler& scheduler() { return scheduler_; }
    /// Since 1970, UTC.
    Duration wall_clock() const
    {
        return arch::wall_clock_base(*shared_) + system_time().time_since_epoch();
    }
    /// How long this virtual CPU has run, Xen's work on its behalf included
    /// (xen/include/public/vcpu.h, VCPUOP_get_runstate_info).
    Duration cpu_time() const;
    /// A time of ours as Xen's hypercalls want it, in nanoseconds; never 0, which to them is none.
    std::uint64_t for_xen(Instant time) const
    {
        auto const at = (time + away_).time_since_epoch().count();
        return at > 0 ? static_cast<std::uint64_t>(at) : 1;
    }
    /// Lets the other threads run until then.
    void sleep_until(Instant time);
    /// Lets nothing run for a while, other guests excepted: for a guest that is ending.
    [[gnu::cold]] void nap(Duration duration) const;
    /// Ends the guest at once; nothing is flushed. @param reason `SHUTDOWN_*` of xen/sched.h
    [[noreturn, gnu::cold]] void shut_down(unsigned reason) const;

    /// The part of `runtime::suspend` that nobody else can do: suspends, and makes ports, time and
    /// incarnation what they are afterwards.
    [[gnu::cold]] arch::Resumption suspend();

    /// Called once by the start-up code: memory, traps, time, events.
    [[gnu::cold]] void start(arch::BootInfo& boot);

private:
    Instant system_time() const { return arch::system_time(shared_->vcpu_info[0].time); }
    void take_no_upcalls();

    unsigned traced_ = 0; ///< a bit a topic
    Duration away_{};     ///< how far Xen's system time is ahead of ours
    std::uint32_t incarnation_ = 0;
    arch::BootInfo* boot_ = nullptr;
    shared_info_t* shared_ = nullptr;
    PageAllocator pages_;
    Scheduler scheduler_;
};

static_assert(MappingHypervisor<Guest> && ThreadedHypervisor<Guest> && Tracing<Guest>);

/// Where `lodger_start` makes it. Zeros until then, which weigh nothing in an image; never
/// destroyed.
alignas(Guest) extern std::byte guest_place[sizeof(Guest)];

inline Guest& guest()
{
    return *reinterpret_cast<Guest*>(guest_place);
}

} // namespace lodger::runtime
