#pragma once

#include <lodger/core/result.hpp>

#include <cstdio>
#include <source_location>

namespace lodger::store_cases {

// A case is a function that returns a `Result<>`: what it expects and does not get it reports
// and returns, so that it needs no exceptions and runs in a guest too.

using Place = std::source_location;

inline void report(Place place, std::string_view what)
{
    std::fprintf(
        stderr, "%s:%u: %.*s\n", place.file_name(), static_cast<unsigned>(place.line()),
        static_cast<int>(what.size()), what.data());
}

/// What must hold.
inline Result<> expect(bool holds, Place place = Place::current())
{
    if (holds)
        return {};
    report(place, "does not hold");
    return Failure{Errc::unknown};
}

/// What must work.
/// @return its value
template <class T>
Result<T> expect(Result<T> result, Place place = Place::current())
{
    if (!result)
        report(place, describe(result.error()));
    return result;
}

/// What must fail, and how.
template <class T>
Result<> expect_error(Result<T> const& result, Errc error, Place place = Place::current())
{
    if (!result && result.error() == error)
        return {};
    report(place, result ? "works, but should not" : describe(result.error()));
    return Failure{Errc::unknown};
}

} // namespace lodger::store_cases
