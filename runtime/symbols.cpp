#include <lodger/arch/x86/image.hpp>
#include <lodger/runtime/symbols.hpp>

/// The table as tools/symbols writes it. First come the pairs: what each byte from 128 on stands
/// for. Then, for each function in the order of addresses, how far it lies behind the one before (7
/// bits a byte, the lowest first, 128 added to all but the last) and its name, ended by NUL. Empty
/// in the first of the two links.
extern "C" {
extern std::uint8_t const lodger_symbols[];
extern std::uint8_t const lodger_symbols_end[];
}

namespace lodger::runtime {
namespace {

constexpr std::uint8_t first_pair = 128;
constexpr std::size_t pairs_size = 2 * (256 - first_pair);

/// A pair's halves may be pairs again; what does not fit is cut off.
void append(Text<72>& name, std::uint8_t byte)
{
    if (byte < first_pair) {
        char const c = static_cast<char>(byte);
        static_cast<void>(name.append({&c, 1}));
        return;
    }
    std::uint8_t const* const pair = lodger_symbols + 2 * (byte - first_pair);
    append(name, pair[0]);
    append(name, pair[1]);
}

std::uint64_t take_number(std::uint8_t const*& at)
{
    std::uint64_t number = *at & 127;
    for (int shift = 7; *at++ & 128; shift += 7)
        number |= std::uint64_t{*at & 127u} << shift;
    return number;
}

} // namespace

bool is_code(std::uint64_t address)
{
    return address >= reinterpret_cast<std::uintptr_t>(lodger_text_start) &&
           address < reinterpret_cast<std::uintptr_t>(lodger_text_end);
}

Symbol find_symbol(std::uint64_t address)
{
    Symbol symbol;
    if (&lodger_symbols[0] == &lodger_symbols_end[0] || !is_code(address))
        return symbol;
    std::uint8_t const* found = nullptr;
    std::uint8_t const* at = lodger_symbols + pairs_size;
    for (std::uint64_t start = 0; at < lodger_symbols_end; ++at) {
        start += take_number(at);
        if (start > address)
            break;
        found = at;
        symbol.offset = address - start;
        while (*at)
            ++at;
    }
    while (found && *found)
        append(symbol.name, *found++);
    return symbol;
}

} // namespace lodger::runtime
