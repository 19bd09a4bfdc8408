// What docs/testing.md shows of a program on the simulator (tests/guides).

// clang-format off: the headers of the test come before the program under test.
#include <cstring>
#include <lodger/blkfront/transfer.hpp>
// clang-format on

namespace lodger {
#include <guides/testing/counter.inc>
} // namespace lodger

#include <guides/testing/simulated.inc>
