#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/timer.hpp>

namespace lodger::runtime {

[[gnu::cold]] void Timer::start(Ports& ports)
{
    set_for_ = Instant::max();
    evtchn_bind_virq_t request{.virq = VIRQ_TIMER, .vcpu = 0, .port = 0};
    bool const bound = arch::event_channel_op(EVTCHNOP_bind_virq, &request) == 0;
    if (!bound || !ports.listen(Port{request.port}, Listener::of<&Timer::ring>(*this)))
        panic("no event channel for the timer");
}

void Timer::set(Instant time)
{
    vcpu_set_singleshot_timer_t request{.timeout_abs_ns = guest().for_xen(time), .flags = 0};
    if (arch::vcpu_op(VCPUOP_set_singleshot_timer, 0, &request) != 0)
        panic("Xen does not set the timer");
    set_for_ = time;
}

void Timer::ring()
{
    set_for_ = Instant::max();
    has_rung_ = true;
}

} // namespace lodger::runtime
