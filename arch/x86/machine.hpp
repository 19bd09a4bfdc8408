#pragma once

#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/pv/machine.hpp>
#include <lodger/arch/x86/pvh/machine.hpp>

namespace lodger::arch {

/// The machine that we run on, whichever it is: so that an image has the code of `PageTables` once.
class Machine {
    template <class Function>
    static auto on(Function function)
    {
        return is_pv() ? function(pv::machine) : function(pvh::machine);
    }

public:
    std::uint64_t entry_flags() const
    {
        return on([](auto& machine) { return machine.entry_flags(); });
    }
    std::optional<std::uint64_t> frame_of(std::uint64_t page) const
    {
        return on([&](auto& machine) { return machine.frame_of(page); });
    }
    bool is_large(std::uint64_t first) const
    {
        return on([&](auto& machine) { return machine.is_large(first); });
    }
    Table table_in(std::uint64_t frame) const
    {
        return on([&](auto& machine) { return machine.table_in(frame); });
    }
    /// The same in both.
    Table table_at(std::uint64_t page) const { return pv::machine.table_at(page); }
    Table root() const
    {
        return on([](auto& machine) { return machine.root(); });
    }
    Protection protection(std::uint64_t page) const
    {
        return on([&](auto& machine) { return machine.protection(page); });
    }
    void set(std::uint64_t& entry, std::uint64_t value)
    {
        on([&](auto& machine) { machine.set(entry, value); });
    }
    Result<void> flush()
    {
        return on([](auto& machine) { return machine.flush(); });
    }
    Result<void> change(std::uint64_t page, std::uint64_t& entry, std::uint64_t value)
    {
        return on([&](auto& machine) { return machine.change(page, entry, value); });
    }
    Result<void> seal(std::uint64_t page)
    {
        return on([&](auto& machine) { return machine.seal(page); });
    }
};

static_assert(PageTableMachine<Machine>);

} // namespace lodger::arch
