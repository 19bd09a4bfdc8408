#pragma once

#include <lodger/tests/xenstored/cases/under_test.hpp>
#include <lodger/tests/xenstored/threads.hpp>

namespace lodger::host {

/// The real daemon with two guests, for the cases.
class RealStore {
public:
    using Guest = HostDomain;
    static constexpr int rounds = 1000;

    RealStore()
        : guest_{machine_.add_domain(store_cases::usual_guest)},
          other_{machine_.add_domain(store_cases::usual_other)}
    {
        machine_.introduce(guest_);
        machine_.introduce(other_);
    }

    HostDomain& guest() { return guest_; }
    HostDomain& other() { return other_; }
    Domain guest_id() const { return store_cases::usual_guest; }
    Domain other_id() const { return store_cases::usual_other; }
    store::Page& page(HostDomain& guest) { return guest.store_page(); }
    Port port(HostDomain& guest) { return guest.store_port(); }
    Machine& machine() { return machine_; }
    Threads& threads() { return threads_; }

    void write(std::string_view path, std::string_view value)
    {
        machine_.daemon().write(path, value);
    }
    void rm(std::string_view path) { machine_.daemon().rm(path); }
    void write_numbered(std::string const& path, int count, std::string_view value)
    {
        for (int i = 0; i < count; ++i)
            write(path + std::to_string(i), value);
    }
    void permit(std::string_view path, store::Permissions const& permissions)
    {
        machine_.daemon().permit(path, permissions.payload().value().view());
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
