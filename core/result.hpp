#pragma once

#include <lodger/core/errc.hpp>

#include <expected>
#include <utility>

namespace lodger {

/// Either a value or the reason why there is none: `std::expected<T, Errc>` that may not be
/// dropped on the floor.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Errc> {
public:
    using std::expected<T, Errc>::expected;
};

using Failure = std::unexpected<Errc>;

} // namespace lodger

/// The value of the argument, a `Result`; when it holds an error, the enclosing function returns
/// that error. Moves, so it carries move-only types. A GNU statement expression, since nothing
/// standard can return from the caller.
#define LODGER_TRY(...) LODGER_TRY_AS_(LODGER_TRY_NAME_(__COUNTER__), __VA_ARGS__)

// A name of its own for each use, so that uses nest without shadowing.
#define LODGER_TRY_NAME_(number) LODGER_TRY_PASTE_(number)
#define LODGER_TRY_PASTE_(number) lodger_try_##number##_
#define LODGER_TRY_AS_(name, ...)                                                                  \
    __extension__({                                                                                \
        auto name = (__VA_ARGS__);                                                                 \
        if (!name) [[unlikely]]                                                                    \
            return ::lodger::Failure{name.error()};                                                \
        *std::move(name);                                                                          \
    })
