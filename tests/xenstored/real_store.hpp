#pragma once

#include <lodger/tests/xenstored/cases/under_test.hpp>
#include <lodger/tests/xenstored/threads.hpp>

namespace lodger::host {

/// The real daemon with two guests, for the cases.
class RealStore {
public:
    using Guest = HostDomain;

    RealStore()
        : guest_{machine_.add_domain(store_cases::guest_id)},
          other_{machine_.add_domain(store_cases::other_id)}
    {
        machine_.introduce(guest_);
        machine_.introduce(other_);
    }

    HostDomain& guest() { return guest_; }
    HostDomain& other() { return other_; }
    Machine& machine() { return machine_; }
    Threads& threads() { return threads_; }

    void write(std::string_view path, std::string_view value)
    {
        machine_.daemon().write(path, value);
    }
    void rm(std::string_view path) { machine_.daemon().rm(path); }
    void permit(std::string_view path, std::string_view permissions)
    {
        machine_.daemon().permit(path, permissions);
    }
    std::string read(std::string_view path)
    {
        return machine_.daemon().read(path).value_or(std::string{});
    }

    void start(HostDomain&, std::function<void()> body)
    {
        ++running_;
        threads_.spawn([this, body] {
            body();
            --running_;
        });
    }
    void join()
    {
        while (running_ > 0)
            machine_.idle(Deadline::never());
    }

private:
    Machine machine_;
    Threads threads_{machine_};
    HostDomain& guest_;
    HostDomain& other_;
    int running_ = 0;
};

static_assert(store_cases::StoreUnderTest<RealStore>);

} // namespace lodger::host
