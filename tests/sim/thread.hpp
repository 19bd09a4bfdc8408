#pragma once

#include <lodger/core/time.hpp>
#include <lodger/core/wait_queue.hpp>
#include <lodger/tests/sim/fiber.hpp>

#include <string>

namespace lodger::sim {

/// A cooperative thread of a simulated domain.
struct Thread : Waiter {
    Thread(std::string name, bool is_service, std::function<void()> body)
        : name{std::move(name)},
          is_service{is_service},
          fiber{std::move(body)}
    {
    }

    std::string name;
    bool is_service; ///< runs until the world ends, and is told so by a wait that is cancelled
    Fiber fiber;
    Deadline deadline{};
    bool timed_out = false; ///< how its last wait ended
};

} // namespace lodger::sim
