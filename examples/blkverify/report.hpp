#pragma once

#include "journal.hpp"
#include "pattern.hpp"

namespace blkverify {

/// Says what is wrong with a sector: what was expected, and whose contents these are.
void report_difference(
    char const* disk, std::uint64_t sector, std::uint32_t seed, Journal::Block const& expected,
    ConstSector found);

} // namespace blkverify
