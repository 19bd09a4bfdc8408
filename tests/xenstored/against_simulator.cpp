#include <lodger/tests/sim/seeds.hpp>
#include <lodger/tests/xenstored/cases/all.hpp>
#include <lodger/tests/xenstored/register_cases.hpp>
#include <lodger/tests/xenstored/sim_store.hpp>

namespace lodger::sim {
namespace {

using Case = store_cases::Case<SimStore>;

constexpr std::size_t seeds = 5;

/// Where the simulator is known to differ; the real daemon is right. Take out what agrees.
constexpr std::array differences = {
    "permissions are set and read",          // an owner may give its node away
    "what only dom0 may ask is denied",      // ENOSYS instead of EACCES
    "what is not touched does not conflict", // a parent that gets a child counts as touched
    "open transactions are limited",         // at 10 instead of 11
    "nodes of a transaction are limited",    // not at all instead of at 1024
    "what may not be read fires no event",   // also if the parent may be read
    "watches are limited",                   // at 128 instead of 129
    "permissions are limited",               // not at all instead of at 5
};

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
        if (std::ranges::find(differences, one.name) == differences.end())
            host::Registered::add("simulated: " + std::string{one.name}, [&one] { run(one); });
    }
    return true;
}();

} // namespace
} // namespace lodger::sim
