#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace lodger::runtime {

/// All of the guest's memory, one bit a page. Single pages and runs of pages are taken from the
/// memory below the image, which is mapped from the start, and then from the top down; the heap
/// grows from above the image upward. Where the two meet, memory is full. Memory is mapped when
/// it is first taken.
class PageAllocator {
public:
    /// Finds room for the bitmap above what the builder placed; all else that is memory is free.
    void start(arch::BootInfo& boot);

    /// @param count pages, at least 1
    /// @return contiguous pages, zeroed, or `no_memory`
    Result<std::span<std::byte>> allocate(std::size_t count);
    void free(std::span<std::byte> pages);

    /// Takes a free page, the highest, without mapping it or touching it: the memory under it is
    /// to go. @return `no_memory` if there is none
    Result<Pfn> take_for_good();
    /// Makes a page free, which has memory again.
    void put_back(Pfn page);

    /// Moves the heap's end, as `sbrk` does.
    /// @return where the end was before, or `no_memory`
    Result<std::byte*> move_heap_end(std::ptrdiff_t bytes);

    std::size_t free_pages() const { return free_pages_; }
    std::size_t all_pages() const { return all_pages_; }

private:
    bool is_used(std::uint64_t page) const { return bitmap_[page / 64] >> page % 64 & 1; }
    void mark(std::uint64_t first, std::size_t count, bool used);
    std::uint64_t find(std::size_t count, std::uint64_t from, std::uint64_t to) const;
    Result<void> extend_heap(std::uint64_t pages);

    std::span<std::uint64_t> bitmap_;
    std::uint64_t end_ = 0;     ///< the page after the last
    std::uint64_t low_end_ = 0; ///< the page after the memory below the image
    std::uint64_t top_ = 0;     ///< no page from here on is free
    std::size_t free_pages_ = 0;
    std::size_t all_pages_ = 0;
    std::uint64_t heap_pages_end_ = 0; ///< the page after the heap's last
    std::byte* heap_end_ = nullptr;
    std::byte* heap_start_ = nullptr;
};

} // namespace lodger::runtime
