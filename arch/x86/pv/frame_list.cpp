#include <lodger/arch/x86/platform.hpp>
#include <lodger/arch/x86/pv/frame_list.hpp>
#include <lodger/arch/x86/pv/machine.hpp>

namespace lodger::arch::pv {

constinit FrameList frame_list;

namespace {

constexpr std::uint64_t frames_per_page = 512;

constexpr std::uint64_t pages_for(std::uint64_t frames)
{
    return (frames + frames_per_page - 1) / frames_per_page;
}

} // namespace

Result<void> FrameList::set_aside(BootInfo& boot)
{
    page_count_ = boot.memory_end().value;
    std::size_t const pages = 1 + pages_for(pages_for(page_count_));
    PageRange const home{boot.set_aside(pages), pages};
    top_ = home.first.value;
    return map(home);
}

void FrameList::publish(shared_info_t& shared) const
{
    std::uint64_t const list = machine.info().mfn_list >> 12;
    std::uint64_t const list_pages = pages_for(page_count_);
    for (std::uint64_t i = 0; i < list_pages; ++i)
        words(top_ + 1)[i] = *machine.frame_of(list + i);
    for (std::uint64_t i = 0; i < pages_for(list_pages); ++i)
        words(top_)[i] = *machine.frame_of(top_ + 1 + i);
    shared.arch.max_pfn = page_count_;
    shared.arch.p2m_cr3 = 0;
    shared.arch.pfn_to_mfn_frame_list_list = *machine.frame_of(top_);
}

} // namespace lodger::arch::pv
