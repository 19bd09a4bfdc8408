#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/pv/machine.hpp>

#include <utility>

namespace lodger::arch::pv {

constinit Machine machine;

void Machine::start(start_info_t& info, std::size_t page_count)
{
    info_ = &info;
    page_count_ = page_count;
}

void Machine::set_frame(std::uint64_t page, std::optional<std::uint64_t> frame)
{
    reinterpret_cast<std::uint64_t*>(info_->mfn_list)[page] = frame.value_or(hole);
}

Protection Machine::protection(std::uint64_t page) const
{
    std::uint64_t const first_table = info_->pt_base >> 12;
    if (page >= first_table && page < first_table + info_->nr_pt_frames)
        return Protection::read_only;
    return image_protection(page);
}

void Machine::set(std::uint64_t& entry, std::uint64_t value)
{
    if ((entry | entry_used) == (value | entry_used))
        return;
    if (count_ == updates_.size())
        apply();
    auto const address = reinterpret_cast<std::uintptr_t>(&entry);
    std::uint64_t const table = *frame_of(address >> 12) << 12;
    updates_[count_++] = {table | (address & 0xfff) | MMU_NORMAL_PT_UPDATE, value};
}

void Machine::apply()
{
    long const result = mmu_update(updates_.data(), count_);
    if (failure_ == 0)
        failure_ = result;
    count_ = 0;
}

Result<void> Machine::flush()
{
    if (count_ != 0)
        apply();
    mmuext_op_t operation{};
    operation.cmd = MMUEXT_TLB_FLUSH_LOCAL;
    mmuext_op(&operation, 1);
    return outcome(std::exchange(failure_, 0));
}

Result<void> Machine::change(std::uint64_t page, std::uint64_t&, std::uint64_t value)
{
    void* const address = reinterpret_cast<void*>(page << 12);
    return outcome(update_va_mapping(address, value, UVMF_INVLPG | UVMF_LOCAL));
}

/// Xen takes a page as a table only when nothing maps it writable.
Result<void> Machine::seal(std::uint64_t page)
{
    std::uint64_t unused = 0;
    return change(page, unused, entry_for(*frame_of(page), Protection::read_only, entry_flags()));
}

} // namespace lodger::arch::pv
