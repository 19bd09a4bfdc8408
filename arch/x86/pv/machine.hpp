#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/arch/x86/page_tables.hpp>

#include <array>
#include <optional>

#include <xen/xen.h>

namespace lodger::arch::pv {

/// Page tables as a PV guest has them: they hold machine frames and are read-only for us; every
/// change is a hypercall, and Xen checks each entry (xen/arch/x86/mm.c). There are 4 KiB entries
/// only.
class Machine {
public:
    void start(start_info_t& info, std::size_t page_count);

    std::uint64_t entry_flags() const { return entry_user; } // A PV kernel runs in ring 3.
    std::optional<std::uint64_t> frame_of(std::uint64_t page) const;
    bool is_large(std::uint64_t) const { return false; }
    Table table_in(std::uint64_t frame) const { return table_at(page_of(frame)); }
    Table table_at(std::uint64_t page) const
    {
        return Table{reinterpret_cast<std::uint64_t*>(page << 12), entries_per_table};
    }
    Table root() const { return table_at(info_->pt_base >> 12); }
    Protection protection(std::uint64_t page) const;

    void set(std::uint64_t& entry, std::uint64_t value);
    Result<void> flush();
    Result<void> change(std::uint64_t page, std::uint64_t& entry, std::uint64_t value);
    Result<void> seal(std::uint64_t page);

    /// The page of ours that has a frame, from the table that Xen maps into every guest.
    static std::uint64_t page_of(std::uint64_t frame) { return machine_to_phys_mapping[frame]; }
    start_info_t& info() const { return *info_; }
    /// Notes that a page of ours has another frame from now on, or none.
    void set_frame(std::uint64_t page, std::optional<std::uint64_t> frame);

private:
    static constexpr std::uint64_t hole = ~std::uint64_t{0}; ///< in `mfn_list`: no frame

    void apply();

    start_info_t* info_ = nullptr;
    std::size_t page_count_ = 0;
    // Changes that wait for `flush`, many to one hypercall.
    std::array<mmu_update_t, 128> updates_{};
    unsigned count_ = 0;
    long failure_ = 0;
};

extern constinit Machine machine;

static_assert(PageTableMachine<Machine>);

} // namespace lodger::arch::pv
