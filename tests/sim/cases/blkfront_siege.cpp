#include <lodger/tests/sim/block/siege.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;

TEST_CASE("whatever a backend does to memory and keys, it harms nobody but itself")
{
    sim::for_each_seed(150, [](sim::World& world) {
        std::vector<std::uint8_t> bytes(world.random().between(1, 600));
        for (std::uint8_t& byte : bytes)
            byte = static_cast<std::uint8_t>(world.random().next());
        fuzz::Input input{bytes.data(), bytes.size()};
        sim::Siege siege{world, input};
        siege.run();
        // Nothing may outlive the input.
        world.finish();
    });
}
