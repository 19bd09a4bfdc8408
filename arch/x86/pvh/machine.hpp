#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/arch/x86/page_tables.hpp>

#include <optional>

namespace lodger::arch::pvh {

/// Page tables of a guest that owns them: frames are its own pages, and a change is a store.
class Machine {
public:
    void start(BootInfo const& boot) { boot_ = &boot; }

    std::uint64_t entry_flags() const { return 0; }
    std::optional<std::uint64_t> frame_of(std::uint64_t page) const
    {
        for (PageRange const& range : boot_->memory)
            if (page >= range.first.value && page < range.end().value)
                return page;
        return std::nullopt;
    }
    bool is_large(std::uint64_t first) const
    {
        for (PageRange const& range : boot_->memory)
            if (first >= range.first.value && first + entries_per_table <= range.end().value)
                return true;
        return false;
    }
    Table table_in(std::uint64_t frame) const { return table_at(frame); }
    Table table_at(std::uint64_t page) const
    {
        return Table{reinterpret_cast<std::uint64_t*>(page << 12), entries_per_table};
    }
    Table root() const;
    Protection protection(std::uint64_t page) const { return image_protection(page); }

    void set(std::uint64_t& entry, std::uint64_t value)
    {
        __atomic_store_n(&entry, value, __ATOMIC_RELEASE);
    }
    Result<void> flush();
    Result<void> change(std::uint64_t page, std::uint64_t& entry, std::uint64_t value);
    Result<void> seal(std::uint64_t) { return {}; }

private:
    BootInfo const* boot_ = nullptr;
};

extern constinit Machine machine;

static_assert(PageTableMachine<Machine>);

} // namespace lodger::arch::pvh
