#pragma once

#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>
#include <lodger/tests/xenstored/cases/under_test.hpp>

namespace lodger::sim {

/// The simulator's XenStore with two guests, for the cases.
class SimStore {
public:
    using Guest = Domain;
    static constexpr int rounds = 1000;

    explicit SimStore(World& world)
        : world_{world},
          guest_{world.add_domain(store_cases::usual_guest.value)},
          other_{world.add_domain(store_cases::usual_other.value)}
    {
        guest_.store_page().server_features = store::feature_watch_depth;
    }

    Domain& guest() { return guest_; }
    Domain& other() { return other_; }
    lodger::Domain guest_id() const { return store_cases::usual_guest; }
    lodger::Domain other_id() const { return store_cases::usual_other; }
    store::Page& page(Domain& guest) { return guest.store_page(); }
    Port port(Domain& guest) { return guest.store_port(); }

    void write(std::string_view path, std::string_view value) { world_.store().write(path, value); }
    void rm(std::string_view path) { world_.store().rm(path); }
    void write_numbered(std::string const& path, int count, std::string_view value)
    {
        for (int i = 0; i < count; ++i)
            write(path + std::to_string(i), value);
    }
    void permit(std::string_view path, store::Permissions const& permissions)
    {
        std::vector<Permission> list;
        for (store::Permission const one : permissions.entries())
            list.push_back({static_cast<char>(one.rights), one.domain.value});
        world_.store().permit(path, std::move(list));
    }
    std::string read(std::string_view path)
    {
        return world_.store().read(path).value_or(std::string{});
    }

    void start(Domain& guest, std::function<void()> body)
    {
        ++running_;
        guest.spawn("beside", [this, body] {
            body();
            --running_;
        });
    }
    void join()
    {
        while (running_ > 0)
            guest_.sleep(std::chrono::milliseconds{1});
    }

private:
    World& world_;
    Domain& guest_;
    Domain& other_;
    int running_ = 0;
};

static_assert(store_cases::StoreUnderTest<SimStore>);

} // namespace lodger::sim
