#include <lodger/arch/x86/platform.hpp>
#include <lodger/runtime/page_allocator.hpp>
#include <lodger/runtime/panic.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace lodger::runtime {
namespace {

constexpr std::uint64_t not_found = ~std::uint64_t{0};

std::byte* address_of(std::uint64_t page)
{
    return reinterpret_cast<std::byte*>(page * page_size);
}

std::uint64_t page_at(void const* address)
{
    return reinterpret_cast<std::uintptr_t>(address) / page_size;
}

std::uint64_t page_above(void const* address)
{
    return (reinterpret_cast<std::uintptr_t>(address) + page_size - 1) / page_size;
}

} // namespace

void PageAllocator::start(arch::BootInfo& boot)
{
    end_ = boot.memory_end().value;
    std::size_t const words = (end_ + 63) / 64;
    std::size_t const home_pages = (words * 8 + page_size - 1) / page_size;
    arch::PageRange const home{boot.set_aside(home_pages), home_pages};
    if (!arch::map(home))
        panic("no memory for the page bitmap");
    bitmap_ = {reinterpret_cast<std::uint64_t*>(address_of(home.first.value)), words};
    std::ranges::fill(bitmap_, ~std::uint64_t{0});
    for (arch::PageRange const& range : boot.memory)
        mark(range.first.value, range.count, false);
    all_pages_ = free_pages_;
    for (arch::PageRange const& range : boot.occupied)
        mark(range.first.value, range.count, true);
    mark(0, 1, true); // never mapped
    low_end_ = boot.occupied.items[0].first.value;
    heap_pages_end_ = boot.first_free.value;
    heap_start_ = heap_end_ = address_of(heap_pages_end_);
    top_ = end_;
}

void PageAllocator::mark(std::uint64_t first, std::size_t count, bool used)
{
    std::uint64_t const end = std::min(first + count, end_);
    for (std::uint64_t page = first; page < end;) {
        std::uint64_t const bits = std::min(64 - page % 64, end - page);
        std::uint64_t const mask = ~std::uint64_t{0} >> (64 - bits) << page % 64;
        std::uint64_t& word = bitmap_[page / 64];
        free_pages_ += static_cast<std::size_t>(std::popcount(word & mask));
        word = used ? word | mask : word & ~mask;
        free_pages_ -= static_cast<std::size_t>(std::popcount(word & mask));
        page += bits;
    }
}

/// The highest run of free pages in [from, to).
std::uint64_t PageAllocator::find(std::size_t count, std::uint64_t from, std::uint64_t to) const
{
    std::size_t run = 0;
    for (std::uint64_t page = to; page > from;) {
        --page;
        if (page % 64 == 63 && page >= from + 63 && bitmap_[page / 64] == ~std::uint64_t{0}) {
            page -= 63;
            run = 0;
        } else if (is_used(page)) {
            run = 0;
        } else if (++run == count) {
            return page;
        }
    }
    return not_found;
}

Result<std::span<std::byte>> PageAllocator::allocate(std::size_t count)
{
    if (count == 0 || count > free_pages_)
        return Failure{Errc::no_memory};
    std::uint64_t first = find(count, 0, low_end_);
    if (first == not_found)
        first = find(count, heap_pages_end_, top_);
    if (first == not_found)
        return Failure{Errc::no_memory};
    LODGER_TRY(arch::map({Pfn{first}, count}));
    mark(first, count, true);
    if (first + count == top_)
        top_ = first;
    std::span<std::byte> const pages{address_of(first), count * page_size};
    std::memset(pages.data(), 0, pages.size());
    return pages;
}

void PageAllocator::free(std::span<std::byte> pages)
{
    std::uint64_t const first = page_at(pages.data());
    std::size_t const count = pages.size() / page_size;
    mark(first, count, false);
    top_ = std::max(top_, first + count);
}

Result<Pfn> PageAllocator::take_for_good()
{
    std::uint64_t page = find(1, heap_pages_end_, top_);
    if (page == not_found)
        page = find(1, 0, low_end_);
    if (page == not_found)
        return Failure{Errc::no_memory};
    mark(page, 1, true);
    return Pfn{page};
}

void PageAllocator::put_back(Pfn page)
{
    free({address_of(page.value), page_size});
}

Result<void> PageAllocator::extend_heap(std::uint64_t pages)
{
    for (std::uint64_t page = heap_pages_end_; page < heap_pages_end_ + pages; ++page)
        if (page >= end_ || is_used(page))
            return Failure{Errc::no_memory};
    LODGER_TRY(arch::map({Pfn{heap_pages_end_}, pages}));
    mark(heap_pages_end_, pages, true);
    heap_pages_end_ += pages;
    return {};
}

Result<std::byte*> PageAllocator::move_heap_end(std::ptrdiff_t bytes)
{
    if (bytes < heap_start_ - heap_end_)
        return Failure{Errc::invalid_argument};
    if (bytes > static_cast<std::ptrdiff_t>(end_ * page_size))
        return Failure{Errc::no_memory};
    std::byte* const before = heap_end_;
    std::uint64_t const needed = page_above(before + bytes);
    if (needed > heap_pages_end_)
        LODGER_TRY(extend_heap(needed - heap_pages_end_));
    if (needed < heap_pages_end_) {
        mark(needed, heap_pages_end_ - needed, false);
        heap_pages_end_ = needed;
    }
    heap_end_ = before + bytes;
    return before;
}

} // namespace lodger::runtime
