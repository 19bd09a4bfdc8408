#include <lodger/arch/x86/pvh/machine.hpp>

/// From entry.S.
extern "C" std::uint64_t lodger_pvh_l4[lodger::arch::entries_per_table];

namespace lodger::arch::pvh {

constinit Machine machine;

Table Machine::root() const
{
    return Table{lodger_pvh_l4};
}

/// Loading the root anew forgets every translation; there are no global ones.
Result<void> Machine::flush()
{
    std::uint64_t root = 0;
    __asm__ __volatile__("mov %%cr3, %0; mov %0, %%cr3" : "=r"(root) : : "memory");
    return {};
}

Result<void> Machine::change(std::uint64_t page, std::uint64_t& entry, std::uint64_t value)
{
    set(entry, value);
    auto const* const address = reinterpret_cast<char const*>(page << 12);
    __asm__ __volatile__("invlpg %0" : : "m"(*address) : "memory");
    return {};
}

} // namespace lodger::arch::pvh
