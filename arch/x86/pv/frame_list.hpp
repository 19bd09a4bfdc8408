#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/core/result.hpp>

#include <xen/xen.h>

namespace lodger::arch::pv {

/// The table of our frames as the toolstack reads it, which saves a PV guest: a page of frame
/// numbers, of pages of frame numbers, of the pages of `mfn_list`
/// (tools/libs/guest/xg_sr_save_x86_pv.c, map_p2m_tree). There is another way, by `p2m_vaddr` and
/// `p2m_cr3`, which takes no memory; but map_p2m_list cuts off a guest of more than 1 GiB whose
/// list is not aligned to 1 GiB.
class FrameList {
public:
    /// Takes a page, and one for each GiB of memory.
    Result<void> set_aside(BootInfo& boot);

    /// Fills it with the frames as they are now, and tells where it is: at the start, and in a
    /// restored domain, where all frames are others.
    void publish(shared_info_t& shared) const;

private:
    static std::uint64_t* words(std::uint64_t page)
    {
        return reinterpret_cast<std::uint64_t*>(page << 12);
    }

    std::uint64_t top_ = 0; ///< the page that names the others, which follow it
    std::uint64_t page_count_ = 0;
};

extern constinit FrameList frame_list;

} // namespace lodger::arch::pv
