#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/core/owned.hpp>

namespace lodger {

template <Hypervisor H>
void free_pages(H& hypervisor, std::span<std::byte> pages)
{
    hypervisor.free_pages(pages);
}

/// Contiguous whole pages of the guest's own memory, zeroed when they were allocated.
template <Hypervisor H>
class Pages {
public:
    static Result<Pages> allocate(H& hypervisor, std::size_t count)
    {
        return Pages{hypervisor, LODGER_TRY(hypervisor.allocate_pages(count))};
    }

    std::span<std::byte> bytes() const { return owned_.handle(); }
    std::size_t count() const { return bytes().size() / page_size; }
    std::span<std::byte, page_size> page(std::size_t index) const
    {
        return bytes().subspan(index * page_size).template first<page_size>();
    }
    Gfn gfn(std::size_t index) const { return owned_.provider().gfn(page(index).data()); }

    /// The memory, which will never be given back: for pages that another domain still holds.
    std::span<std::byte> abandon() { return owned_.disown(); }

private:
    Pages(H& hypervisor, std::span<std::byte> bytes) : owned_{hypervisor, bytes} {}

    Owned<H, std::span<std::byte>, free_pages<H>> owned_;
};

} // namespace lodger
