#include <lodger/runtime/balloon.hpp>
#include <lodger/runtime/console.hpp>
#include <lodger/runtime/control.hpp>
#include <lodger/runtime/end.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/suspend.hpp>
#include <lodger/runtime/text.hpp>
#include <lodger/runtime/thread_report.hpp>

#include <cstdlib>
#include <new>
#include <utility>

namespace lodger::runtime {
namespace {

using Control = xenbus::Control<Guest>;

void power_off(void*)
{
    exit_although_others_run(SHUTDOWN_poweroff);
}

void reboot(void*)
{
    exit_although_others_run(SHUTDOWN_reboot);
}

void suspend_and_go_on(void*)
{
    auto const how = suspend();
    if (!how)
        print((Text{} << "lodger: not suspended: " << describe(how.error()) << "\n").view());
}

void crash(void*)
{
    panic("the toolstack asked for a crash");
}

void show_threads(void*, char)
{
    print_threads();
}

void aim_at(void*, std::uint64_t kib)
{
    set_memory_target(kib);
}

constinit xenbus::ControlActions actions{
    .poweroff = {power_off},
    .halt = {power_off},
    .reboot = {reboot},
    .suspend = {suspend_and_go_on},
    .crash = {crash},
    .sysrq = {show_threads},
    .memory_target = {aim_at},
};

/// Never destroyed, as its thread never ends.
alignas(Control) constinit std::byte storage[sizeof(Control)]{};

} // namespace

xenbus::ControlActions& control_actions()
{
    return actions;
}

Result<> serve_control(Store& store)
{
    static constinit bool is_serving = false;
    // Said before anything waits: another thread may ask meanwhile.
    if (std::exchange(is_serving, true))
        return {};
    auto* const control = new (storage) Control{store, actions};
    return control->start();
}

} // namespace lodger::runtime
