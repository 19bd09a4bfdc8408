#pragma once

#include <lodger/tests/sim/fiber.hpp>
#include <lodger/tests/xenstored/host_domain.hpp>

#include <algorithm>

namespace lodger::host {

/// Cooperative threads of a machine's domains. While it exists, whoever waits in one lets the
/// others run.
class Threads {
public:
    explicit Threads(Machine& machine) : machine_{machine}
    {
        machine_.idle = [this](Deadline deadline) {
            earliest_.at = std::min(earliest_.at, deadline.at);
            sim::Fiber::suspend();
        };
        machine_.on_wake = [this] { somebody_can_go_on_ = true; };
    }
    Threads(Threads const&) = delete;
    Threads& operator=(Threads const&) = delete;
    ~Threads()
    {
        machine_.on_wake = [] {};
        machine_.idle = [this_machine = &machine_](Deadline deadline) {
            this_machine->sleep(deadline);
        };
    }

    void spawn(std::function<void()> body)
    {
        fibers_.push_back(std::make_unique<sim::Fiber>(std::move(body)));
        somebody_can_go_on_ = true;
    }

    /// Runs until all of them have ended; throws what one of them threw.
    void run()
    {
        while (!fibers_.empty()) {
            earliest_ = Deadline::never();
            somebody_can_go_on_ = false;
            for (std::size_t i = 0; i < fibers_.size(); ++i) {
                fibers_[i]->resume();
                if (auto const failure = fibers_[i]->failure())
                    std::rethrow_exception(failure);
            }
            // Somebody may be waiting for that.
            if (std::erase_if(fibers_, [](auto const& fiber) { return fiber->is_done(); }) > 0)
                somebody_can_go_on_ = true;
            if (!fibers_.empty())
                machine_.sleep(somebody_can_go_on_ ? Deadline{Instant{}} : earliest_);
        }
    }

private:
    Machine& machine_;
    std::vector<std::unique_ptr<sim::Fiber>> fibers_;
    Deadline earliest_{};
    bool somebody_can_go_on_ = false;
};

} // namespace lodger::host
