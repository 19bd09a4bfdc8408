#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace store_cases_guest {

/// A case that a daemon is known to answer otherwise. It must fail: take out what agrees.
struct Difference {
    std::string_view daemon;
    std::string_view name;
    std::string_view why;
};

inline constexpr std::string_view ocaml = "oxenstored-4.17";

inline constexpr std::array differences = {
    Difference{ocaml, "what is not ours is denied", "what there is not is not found"},
    Difference{ocaml, "what only dom0 may ask is denied", "a command is accepted and ignored"},
    Difference{ocaml, "open transactions are limited", "an unknown transaction is EIO"},
    Difference{ocaml, "watches are limited", "at 100 instead of 129, by its configuration"},
    Difference{ocaml, "reset forgets watches and transactions", "an unknown transaction is EIO"},
    Difference{ocaml, "the longest value", "dom0 may not write more than 2048 bytes either"},
    Difference{ocaml, "too large a node is refused there", "as E2BIG"},
    Difference{ocaml, "paths are checked", "1024 bytes are the longest"},
    Difference{ocaml, "a directory of 30 KB", "there is no DIRECTORY_PART"},
    Difference{ocaml, "permissions are limited", "not at all"},
    Difference{ocaml, "long replies are pipelined", "dom0 may not write such a value"},
};

/// @return why the case cannot pass with this daemon; empty if it must
inline std::string_view known_difference(std::string_view daemon, std::string_view name)
{
    auto const found = std::ranges::find_if(differences, [&](Difference const& each) {
        return each.daemon == daemon && each.name == name;
    });
    return found == differences.end() ? "" : found->why;
}

} // namespace store_cases_guest
