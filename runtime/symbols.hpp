#pragma once

#include <lodger/core/text.hpp>

#include <cstdint>

namespace lodger::runtime {

/// A place in the code, in terms of its source.
struct Symbol {
    lodger::Text<72> name; ///< empty when nothing is known
    std::uint64_t offset = 0;
};

/// Looks an address up in the table that tools/symbols put into the image.
Symbol find_symbol(std::uint64_t address);

/// Whether the address is in the code.
bool is_code(std::uint64_t address);

} // namespace lodger::runtime
