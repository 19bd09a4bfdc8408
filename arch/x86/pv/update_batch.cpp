#include <lodger/arch/x86/pv/page_tables.hpp>
#include <lodger/arch/x86/pv/update_batch.hpp>

namespace lodger::arch::pv {

void UpdateBatch::set(std::uint64_t const& entry, std::uint64_t value)
{
    if ((entry | entry_used) == (value | entry_used))
        return;
    auto const address = reinterpret_cast<std::uintptr_t>(&entry);
    std::uint64_t const frame = machine_frame(Pfn{address >> 12}).value;
    if (count_ == updates_.size())
        apply();
    updates_[count_++] = {frame << 12 | (address & 0xfff) | MMU_NORMAL_PT_UPDATE, value};
}

void UpdateBatch::apply()
{
    long const result = mmu_update(updates_.data(), count_);
    if (failure_ == 0)
        failure_ = result;
    count_ = 0;
}

Result<void> UpdateBatch::flush()
{
    if (count_ != 0)
        apply();
    return outcome(std::exchange(failure_, 0));
}

void flush_tlb()
{
    mmuext_op_t operation{};
    operation.cmd = MMUEXT_TLB_FLUSH_LOCAL;
    mmuext_op(&operation, 1);
}

} // namespace lodger::arch::pv
