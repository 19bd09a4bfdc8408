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

std::uint64_t number(char const* variable, std::uint64_t otherwise)
{
    char const* const text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

/// Counts the worlds of the whole program, and says so at its end (tests/count reads it).
struct Count {
    std::size_t worlds = 0;
    ~Count()
    {
        if (worlds > 0)
            std::cout << "seeds run: " << worlds << std::endl;
    }
} counted;

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
    ++counted.worlds;
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

} // namespace

void for_each_seed(std::size_t count, std::function<void(World&)> body)
{
    __sanitizer_set_death_callback(report);
    if (std::getenv("SEED"))
        return run_seed(number("SEED", 1), body);
    std::size_t const wanted = std::max<std::size_t>(count * number("SEEDS", 100) / 100, 1);
    std::uint64_t const first = number("FIRST_SEED", 1);
    for (std::uint64_t seed = first; seed < first + wanted; ++seed)
        run_seed(seed, body);
}

} // namespace lodger::sim
