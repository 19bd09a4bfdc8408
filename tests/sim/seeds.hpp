#pragma once

#include <lodger/tests/sim/world.hpp>

#include <functional>

namespace lodger::sim {

/// Runs `body` in a new world for each of `count` seeds, then ends its services. A seed that fails
/// is printed, with the end of its trace; the environment variable `SEED` runs that one alone.
void for_each_seed(std::size_t count, std::function<void(World&)> body);

} // namespace lodger::sim
