#pragma once

#include <expected>

namespace lodger::sim {

/// An operation's value, or the daemon's word for why there is none, such as "ENOENT".
template <class T = void>
using Answer = std::expected<T, char const*>;
using Refusal = std::unexpected<char const*>;

} // namespace lodger::sim
