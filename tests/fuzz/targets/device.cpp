#include <lodger/tests/sim/block/siege.hpp>

#include <cstdio>
#include <iostream>

using namespace lodger;

// A whole disk, from its name to its end, against a backend that changes any byte it can reach and
// any key of the device between any two accesses of ours (tests/sim/block/siege.hpp says what must
// hold), on the simulated machine. The input's first bytes are the world's seed.

namespace {

void run(fuzz::Input& input)
{
    sim::World world{input.take<std::uint32_t>()};
    try {
        sim::Siege siege{world, input};
        siege.run();
        world.finish();
    } catch (sim::Broken const& why) {
        world.trace().print(std::cerr);
        std::fprintf(stderr, "%s\n", why.what());
        fuzz::require(false);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    run(input);
    return 0;
}
