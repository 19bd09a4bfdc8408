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
#define LODGER_TRY(...)                                                                            \
    __extension__({                                                                                \
        auto lodger_try_ = (__VA_ARGS__);                                                          \
        if (!lodger_try_) [[unlikely]]                                                             \
            return ::lodger::Failure{lodger_try_.error()};                                         \
        *std::move(lodger_try_);                                                                   \
    })
