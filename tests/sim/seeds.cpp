#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <sanitizer/common_interface_defs.h>

// An assertion that fails is reported like everything else.
extern "C" char const* __asan_default_options()
{
    return "handle_abort=1:detect_stack_use_after_return=0";
}

namespace lodger::sim {
namespace {

void report()
{
    World* const world = World::current();
    if (!world)
        return;
    std::cerr << "--- SEED=" << world->seed() << ": the end of its trace\n";
    world->trace().print(std::cerr);
    std::cerr << "--- SEED=" << world->seed() << " failed" << std::endl;
}

void run_seed(std::uint64_t seed, std::function<void(World&)> const& body)
{
    INFO("replay with SEED=" << seed);
    World world{seed};
    try {
        body(world);
        world.run();
        world.finish();
    } catch (...) {
        report();
        throw;
    }
}

std::size_t percent()
{
    char const* const text = std::getenv("SEEDS");
    return text ? std::strtoul(text, nullptr, 10) : 100;
}

} // namespace

void for_each_seed(std::size_t count, std::function<void(World&)> body)
{
    __sanitizer_set_death_callback(report);
    if (char const* const seed = std::getenv("SEED"))
        return run_seed(std::strtoull(seed, nullptr, 0), body);
    std::size_t const wanted = std::max<std::size_t>(count * percent() / 100, 1);
    for (std::uint64_t seed = 1; seed <= wanted; ++seed)
        run_seed(seed, body);
}

} // namespace lodger::sim
