#pragma once

#include <guides/writing-a-guest/headers.inc>

/// docs/xenstore.md, whose snippets are statements and follow each other.
namespace {

Result<> set_count(unsigned count)
{
    return LODGER_TRY(runtime::xenstore())->write("data/count", count);
}

Result<> tour_xenstore()
{
    Deadline const deadline = after(guest(), 25s);
#include <guides/xenstore/looking.inc>
    if (!name || !names)
        return Failure{name ? names.error() : name.error()};
#include <guides/xenstore/several.inc>
#include <guides/xenstore/writing.inc>
    LODGER_TRY(set_count(3));
#include <guides/xenstore/transaction.inc>
    if (LODGER_TRY(store.read<unsigned>("data/count")) != 4)
        return Failure{Errc::unknown};
    LODGER_TRY(store.write("data/go", 0u));
    auto const other = LODGER_TRY(runtime::spawn({.name = "other"}, [] {
        static_cast<void>(set_count(5));
        static_cast<void>((*runtime::xenstore())->write("data/go", 1u));
    }));
    // clang-format off: the other thread has counted before it says "go".
#include <guides/xenstore/watch.inc>
#include <guides/xenstore/condition.inc>
    // clang-format on
    return {};
}

} // namespace
