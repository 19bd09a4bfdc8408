#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pv/machine.hpp>

namespace lodger::arch {

std::optional<std::uint64_t> pv::Machine::frame_of(std::uint64_t page) const
{
    if (page >= page_count_)
        return std::nullopt;
    std::uint64_t const frame = reinterpret_cast<std::uint64_t const*>(info_->mfn_list)[page];
    return frame == hole ? std::nullopt : std::optional{frame};
}

Gfn gfn(void const* address)
{
    std::uint64_t const page = page_of(address);
    return Gfn{is_pv() ? *pv::machine.frame_of(page) : page};
}

void mark_changed(Gfn page)
{
    std::uint64_t const own = is_pv() ? pv::machine.page_of(page.value) : page.value;
    __asm__ __volatile__("lock orb $0, (%0)" : : "r"(own << 12) : "memory", "cc");
}

} // namespace lodger::arch
