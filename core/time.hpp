#pragma once

#include <chrono>

namespace lodger {

/// The domain's time: nanoseconds that never go back and stand still while the domain is suspended;
/// in the beginning Xen's system time (xen/include/public/xen.h, `struct vcpu_time_info`).
struct SystemTime {
    using rep = long long;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<SystemTime>;
    static constexpr bool is_steady = true;
};

using Duration = SystemTime::duration;
using Instant = SystemTime::time_point;

class Cancellation;

/// How long a call may wait. Every call that can wait takes one.
struct Deadline {
    Instant at = Instant::max();
    /// Ends the wait earlier, when somebody asks for it (core/wait.hpp).
    Cancellation* cancellation = nullptr;

    /// The same call may wait no longer than until `time`.
    constexpr Deadline no_later_than(Instant time) const
    {
        return {at < time ? at : time, cancellation};
    }

    /// For the rare wait that only an outside event ends, such as the main loop of a service.
    static constexpr Deadline never() { return {}; }
    constexpr bool passed(Instant now) const { return now >= at; }
    constexpr bool is_never() const { return at == Instant::max(); }
};

} // namespace lodger
