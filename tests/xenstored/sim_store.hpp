#pragma once

#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>
#include <lodger/tests/xenstored/cases/under_test.hpp>

namespace lodger::sim {

/// The simulator's XenStore with two guests, for the cases.
class SimStore {
public:
    using Guest = Domain;

    explicit SimStore(World& world)
        : world_{world},
          guest_{world.add_domain(store_cases::guest_id.value)},
          other_{world.add_domain(store_cases::other_id.value)}
    {
    }

    Domain& guest() { return guest_; }
    Domain& other() { return other_; }

    void write(std::string_view path, std::string_view value) { world_.store().write(path, value); }
    void rm(std::string_view path) { world_.store().rm(path); }
    void permit(std::string_view path, std::string_view permissions)
    {
        std::vector<Permission> list;
        while (!permissions.empty()) {
            std::size_t const end = permissions.find('\0');
            auto const domain = parse<std::uint16_t>(permissions.substr(1, end - 1));
            list.push_back({permissions.front(), domain.value()});
            permissions.remove_prefix(end + 1);
        }
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
