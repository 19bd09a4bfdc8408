/// Takes all memory by `malloc`, writes to each page once and looks at each once: quick even with
/// gigabytes, where `heap` would take minutes.
#include <lodger/runtime/guest.hpp>

#include <cstdio>
#include <cstdlib>

using lodger::page_size;
using lodger::runtime::guest;

namespace {

constexpr std::size_t block_size = 256 << 10;

struct Block {
    Block* next;
};

/// Calls a function with one place in each page of a block, after its head.
template <class Function>
void for_each_page(Block* block, Function function)
{
    auto* const bytes = reinterpret_cast<std::byte*>(block);
    for (std::size_t offset = sizeof(Block) * 2; offset < block_size; offset += page_size)
        function(*reinterpret_cast<std::uintptr_t*>(bytes + offset));
}

} // namespace

int main()
{
    std::size_t const all = guest().pages().all_pages() * page_size;
    Block* first = nullptr;
    std::size_t taken = 0;
    while (auto* const block = static_cast<Block*>(std::malloc(block_size))) {
        block->next = std::exchange(first, block);
        taken += block_size;
        for_each_page(
            block, [](std::uintptr_t& place) { place = reinterpret_cast<std::uintptr_t>(&place); });
    }
    std::size_t wrong = 0;
    for (Block* block = first; block; block = block->next)
        for_each_page(block, [&](std::uintptr_t& place) {
            wrong += place != reinterpret_cast<std::uintptr_t>(&place);
        });
    // As in `heap`: the image, and 16 bytes of tables for each page, are not to be had.
    std::size_t const reserve = (3 << 20) + all / 128;
    bool const success = wrong == 0 && taken + reserve >= all;
    std::printf("%zu of %zu KiB, %zu places wrong\n", taken >> 10, all >> 10, wrong);
    std::printf("Test result: %s\n", success ? "SUCCESS" : "FAILURE");
    return success ? 0 : 1;
}
