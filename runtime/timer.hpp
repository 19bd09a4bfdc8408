#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/event/port_table.hpp>

namespace lodger::runtime {

/// Xen's single-shot timer of the virtual CPU, which rings by an event, VIRQ_TIMER
/// (xen/include/public/vcpu.h, VCPUOP_set_singleshot_timer). Until it has rung, no deadline that it
/// was set for has passed: so who waits with a deadline looks at no clock, and needs a hypercall
/// only for a deadline nearer than the one it is set for already.
class Timer {
public:
    using Ports = event::PortTable<SharedMemory>;

    Timer() = default;
    Timer(Timer const&) = delete;
    Timer& operator=(Timer const&) = delete;

    /// Listens to its port, and is set for nothing. Again after the domain was restored, as then
    /// neither the port nor the timer is there any more.
    void start(Ports& ports);

    /// Rings at this time, unless it is set for an earlier one.
    void set_no_later_than(Instant time)
    {
        if (time < set_for_)
            set(time);
    }

    /// Whether it has rung since this was last asked; then it is set for nothing.
    bool has_rung() { return std::exchange(has_rung_, false); }

private:
    void set(Instant time);
    void ring();

    Instant set_for_ = Instant::max();
    bool has_rung_ = false;
};

} // namespace lodger::runtime
