#pragma once

/// README.md, docs/testing.md and docs/porting-from-mini-os.md.
namespace readme {

#define main first_main
#include <guides/README/first.inc>
#undef main

} // namespace readme

namespace {

#include <guides/porting-from-mini-os/request.inc>
#include <guides/porting-from-mini-os/wait_event.inc>
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
