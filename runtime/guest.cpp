#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>

namespace lodger::runtime {

alignas(Guest) constinit std::byte guest_place[sizeof(Guest)]{};

void Guest::start(arch::BootInfo& boot)
{
    boot_ = &boot;
    arch::prepare_cpu();
    bool const prepared = arch::prepare_memory(boot).has_value();
    early_console.open(boot.console_page, boot.console_port);
    if (!prepared)
        panic("cannot set up the page tables");
    auto const shared = arch::map_shared_info();
    if (!shared)
        panic("cannot map the page shared with Xen");
    shared_ = *shared;
    take_no_upcalls();
    arch::stop_periodic_timer();
    scheduler_.start(*shared_);
    if (!arch::prepare_suspend(boot, *shared_))
        panic("no memory for the list of frames");
    pages_.start(boot);
}

/// No upcall, ever: pending bits are looked at by the loop.
void Guest::take_no_upcalls()
{
    SharedMemory::store_release(shared_->vcpu_info[0].evtchn_upcall_mask, 1);
    for (xen_ulong_t& word : shared_->evtchn_mask)
        SharedMemory::store_release(word, ~xen_ulong_t{0});
}

arch::Resumption Guest::suspend()
{
    Instant const left = now();
    auto const how = arch::suspend(*boot_, *shared_);
    if (!how)
        panic("cannot map again what was unmapped for a suspend");
    take_no_upcalls();
    away_ += now() - left;
    if (*how == arch::Resumption::restored) {
        scheduler_.restart();
        ++incarnation_;
    }
    return *how;
}

Result<Port> Guest::alloc_unbound(Domain remote)
{
    evtchn_alloc_unbound_t request{};
    request.dom = DOMID_SELF;
    request.remote_dom = remote.value;
    LODGER_TRY(arch::outcome(arch::event_channel_op(EVTCHNOP_alloc_unbound, &request)));
    return Port{request.port};
}

Result<Port> Guest::bind_interdomain(Domain remote, Port remote_port)
{
    evtchn_bind_interdomain_t request{};
    request.remote_dom = remote.value;
    request.remote_port = remote_port.value;
    LODGER_TRY(arch::outcome(arch::event_channel_op(EVTCHNOP_bind_interdomain, &request)));
    return Port{request.local_port};
}

Result<void> Guest::close(Port port)
{
    evtchn_close_t request{port.value};
    return arch::outcome(arch::event_channel_op(EVTCHNOP_close, &request));
}

Result<std::span<GrantEntry>> Guest::grant_table(std::size_t frames)
{
    std::span<std::byte> const table = LODGER_TRY(arch::map_grant_table(frames));
    return std::span{
        reinterpret_cast<GrantEntry*>(table.data()), table.size() / sizeof(GrantEntry)};
}

XenVersion Guest::xen_version() const
{
    XenVersion version;
    auto const number = static_cast<unsigned long>(arch::xen_version(XENVER_version, nullptr));
    version.major = static_cast<unsigned>(number >> 16);
    version.minor = static_cast<unsigned>(number & 0xffff);
    arch::xen_version(XENVER_extraversion, version.extra);
    return version;
}

Duration Guest::cpu_time() const
{
    vcpu_runstate_info_t state{};
    arch::vcpu_op(VCPUOP_get_runstate_info, 0, &state);
    return Duration{static_cast<Duration::rep>(state.time[RUNSTATE_running])};
}

void Guest::sleep_until(Instant time)
{
    WaitQueue nobody_wakes;
    static_cast<void>(wait(nobody_wakes, Deadline{time}));
}

void Guest::nap(Duration duration) const
{
    sched_poll_t poll{};
    // Before the clock stands there is only the reader's turn to wait for.
    if (!shared_) {
        arch::sched_op(SCHEDOP_yield, nullptr);
        return;
    }
    poll.timeout = for_xen(now() + duration);
    arch::sched_op(SCHEDOP_poll, &poll);
}

void Guest::shut_down(unsigned reason) const
{
    sched_shutdown_t request{reason};
    for (;;)
        arch::sched_op(SCHEDOP_shutdown, &request);
}

} // namespace lodger::runtime
