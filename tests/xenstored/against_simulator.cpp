#include <lodger/tests/sim/seeds.hpp>
#include <lodger/tests/xenstored/cases/all.hpp>
#include <lodger/tests/xenstored/register_cases.hpp>
#include <lodger/tests/xenstored/sim_store.hpp>

namespace lodger::sim {
namespace {

using Case = store_cases::Case<SimStore>;

constexpr std::size_t seeds = 5;

void run(Case const& one)
{
    for_each_seed(seeds, [&](World& world) {
        SimStore store{world};
        Result<> outcome = Failure{Errc::unknown};
        store.guest().spawn("main", [&] { outcome = store_cases::run_case(store, one); });
        world.run();
        REQUIRE(outcome.has_value());
    });
}

bool const registered = [] {
    for (Case const& one : store_cases::all<SimStore>) {
        host::Registered::add("simulated: " + std::string{one.name}, [&one] { run(one); });
    }
    return true;
}();

} // namespace
} // namespace lodger::sim
