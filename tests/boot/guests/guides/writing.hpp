#pragma once

#include <lodger/runtime/control.hpp>

#include <guides/writing-a-guest/headers.inc>

/// docs/writing-a-guest.md and docs/suspend.md.
namespace {

// clang-format off: as the guide has them, one after the other.
#include <guides/writing-a-guest/arguments.inc>
#include <guides/writing-a-guest/memory.inc>
#include <guides/writing-a-guest/threads.inc>
#include <guides/writing-a-guest/time.inc>
// clang-format on

struct Service {
    bool is_stopped = false;

    void stop() { is_stopped = true; }
};

/// Asked for, as if by xl.
Result<> stop_service()
{
    auto const usual = runtime::control_actions().poweroff;
    Service service;
#include <guides/suspend/action.inc>
    runtime::control_actions().poweroff();
    runtime::control_actions().poweroff = usual;
    return service.is_stopped ? Result<>{} : Failure{Errc::unknown};
}

Result<> write_guest()
{
    LODGER_TRY(take_pages());
    LODGER_TRY(start_a_worker());
    LODGER_TRY(wait_in_vain());
    return stop_service();
}

} // namespace
