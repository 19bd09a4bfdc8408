#include <lodger/arch/x86/image.hpp>
#include <lodger/runtime/symbols.hpp>

#include <algorithm>
#include <span>

/// The table as tools/symbols writes it: the count, so many ascending addresses, as many places
/// of names counted from `lodger_symbols`, and the names, each ended by NUL. Empty in the first of
/// the two links.
extern "C" {
extern std::uint32_t const lodger_symbols[];
extern std::uint32_t const lodger_symbols_end[];
}

namespace lodger::runtime {

bool is_code(std::uint64_t address)
{
    return address >= reinterpret_cast<std::uintptr_t>(lodger_text_start) &&
           address < reinterpret_cast<std::uintptr_t>(lodger_text_end);
}

Symbol find_symbol(std::uint64_t address)
{
    if (&lodger_symbols[0] == &lodger_symbols_end[0] || !is_code(address))
        return {};
    std::uint32_t const count = lodger_symbols[0];
    std::span const addresses{lodger_symbols + 1, count};
    std::span const names{lodger_symbols + 1 + count, count};
    auto const next = std::ranges::upper_bound(addresses, address);
    if (next == addresses.begin())
        return {};
    auto const index = static_cast<std::size_t>(next - addresses.begin() - 1);
    char const* const name = reinterpret_cast<char const*>(lodger_symbols) + names[index];
    return {name, address - addresses[index]};
}

} // namespace lodger::runtime
