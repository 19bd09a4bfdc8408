#pragma once

#include <cstring>
#include <guides/writing-a-guest/headers.inc>

/// README.md, docs/testing.md and docs/porting-from-mini-os.md.
namespace readme {

#define main first_main
#include <guides/README/first.inc>
#undef main

} // namespace readme

namespace {

// clang-format off: as the guide has them, one after the other.
#include <guides/porting-from-mini-os/request.inc>
#include <guides/porting-from-mini-os/wait_event.inc>
// clang-format on

#include <guides/testing/counter.inc>

/// On a disk that begins with zeros.
Result<> look_elsewhere(BlockDevice& disk)
{
    for (std::uint64_t counted = 1; counted <= 3; ++counted)
        if (LODGER_TRY(count_up(disk, after(guest(), 10s))) != counted)
            return Failure{Errc::unknown};
    LODGER_TRY(read_first_page(disk));
    WaitQueue queue;
    return wait_for_data(queue, true);
}

} // namespace
