/// Takes nearly all memory, by `malloc` and by pages, and checks that every byte of it is its own.
#include <lodger/runtime/guest.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using lodger::page_size;
using lodger::runtime::guest;

namespace {

constexpr std::size_t block_size = 64 << 10;

struct Block {
    Block* next;
    unsigned char bytes[block_size - sizeof(Block*)];
};

unsigned char pattern(void const* address)
{
    auto const value = reinterpret_cast<std::uintptr_t>(address);
    return static_cast<unsigned char>(value >> 12 ^ value >> 20);
}

/// Fills every block that there is, then looks at all of them: no two may share a page.
std::size_t fill_heap(Block*& first)
{
    std::size_t count = 0;
    while (auto* const block = static_cast<Block*>(std::malloc(sizeof(Block)))) {
        std::memset(block->bytes, pattern(block), sizeof block->bytes);
        block->next = first;
        first = block;
        ++count;
    }
    return count;
}

bool is_intact(Block const& block)
{
    for (unsigned char const byte : block.bytes)
        if (byte != pattern(&block))
            return false;
    return true;
}

bool empty_heap(Block* first)
{
    bool intact = true;
    while (first) {
        intact = intact && is_intact(*first);
        std::free(std::exchange(first, first->next));
    }
    return intact;
}

bool pages_are_zero(std::span<std::byte const> pages)
{
    for (std::byte const byte : pages)
        if (byte != std::byte{0})
            return false;
    return true;
}

/// Pages, one by one, until there is none; each must be zero though the heap has used them.
std::size_t take_pages(bool& zero)
{
    std::byte* last = nullptr;
    std::size_t count = 0;
    while (auto const page = guest().allocate_pages(1)) {
        zero = zero && pages_are_zero(*page);
        std::memcpy(page->data(), &last, sizeof last);
        last = page->data();
        ++count;
    }
    while (last) {
        std::byte* const page = last;
        std::memcpy(&last, page, sizeof last);
        guest().free_pages({page, page_size});
    }
    return count;
}

} // namespace

int main()
{
    std::size_t const all = guest().pages().all_pages() * page_size;
    Block* first = nullptr;
    std::size_t const blocks = fill_heap(first);
    std::size_t const heap = blocks * block_size;
    bool const intact = empty_heap(first);
    std::printf("heap:  %zu of %zu KiB\n", heap >> 10, all >> 10);

    bool zero = true;
    std::size_t const pages = take_pages(zero) * page_size;
    std::printf("pages: %zu of %zu KiB\n", pages >> 10, all >> 10);

    bool const contiguous = guest().allocate_pages(all / page_size / 4).has_value();
    // What is not to be had: the image, stacks, the memory below the image, which the heap does
    // not reach, and for each page 8 bytes in Xen's list of frames and 8 in the page tables.
    std::size_t const reserve = (3 << 20) + all / 128;
    bool const enough = heap + reserve >= all && pages + reserve >= all;
    std::printf(
        "contents %s, fresh pages %s, a quarter in one piece %s, share %s\n",
        intact ? "intact" : "BROKEN", zero ? "zero" : "NOT ZERO", contiguous ? "yes" : "NO",
        enough ? "enough" : "TOO SMALL");
    bool const success = intact && zero && contiguous && enough;
    std::printf("Test result: %s\n", success ? "SUCCESS" : "FAILURE");
    return success ? 0 : 1;
}
