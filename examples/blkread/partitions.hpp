#pragma once

#include <lodger/runtime/services.hpp>

namespace examples {

/// Prints the partition table of an open disk, MBR or GPT, or that there is none. Whatever the
/// disk holds, it says so and goes on.
/// @return what reading failed with
lodger::Result<> print_partitions(lodger::BlockDevice& device);

} // namespace examples
