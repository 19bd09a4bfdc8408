#include <lodger/tests/sim/arena.hpp>

#include <cassert>
#include <cstring>
#include <new>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lodger::sim {

Arena& Arena::instance()
{
    static Arena arena;
    return arena;
}

Arena::Arena() : file_{memfd_create("lodger-sim", 0)}, states_(page_count)
{
    constexpr std::size_t window_size = page_count * page_size;
    constexpr std::size_t size = (all_pages + row_places) * page_size;
    void* const reserved =
        mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (file_ < 0 || reserved == MAP_FAILED || ftruncate(file_, window_size) != 0)
        throw std::bad_alloc{};
    base_ = static_cast<std::byte*>(reserved);
    for (unsigned window = 0; window < windows; ++window) {
        bool const writable = window <= writable_windows;
        void* const mapped = mmap(
            address(window, 0), window_size, writable ? PROT_READ | PROT_WRITE : PROT_READ,
            MAP_SHARED | MAP_FIXED, file_, 0);
        if (mapped == MAP_FAILED)
            throw std::bad_alloc{};
    }
    __asan_poison_memory_region(base_, size);
}

void Arena::reset()
{
    for (Page page = 0; page < used_; ++page) {
        for (unsigned window = 0; window < windows; ++window) {
            if (window == 0 ? states_[page].owned : states_[page].mapped >> window & 1)
                __asan_poison_memory_region(address(window, page), page_size);
        }
        states_[page] = {};
    }
    for (auto const& [place, page] : rows_)
        __asan_poison_memory_region(row_place(place), page_size);
    rows_.clear();
    next_row_ = 0;
    next_ = used_ = 0;
}

std::optional<Arena::Page> Arena::allocate(std::size_t count)
{
    Page run = 0;
    for (Page looked = 0; looked < 2 * page_count; ++looked) {
        Page const page = (next_ + looked) % page_count;
        if (page == 0)
            run = 0; // Pages at the end and at the start are not in a row.
        run = is_free(page) ? run + 1 : 0;
        if (run < count)
            continue;
        Page const first = page + 1 - run;
        next_ = (page + 1) % page_count;
        used_ = std::max(used_, page + 1);
        for (Page i = first; i <= page; ++i)
            states_[i].owned = true;
        __asan_unpoison_memory_region(address(0, first), count * page_size);
        std::memset(address(0, first), 0, count * page_size);
        return first;
    }
    return std::nullopt;
}

void Arena::release(Page page)
{
    assert(states_[page].owned);
    states_[page].owned = false;
    __asan_poison_memory_region(address(0, page), page_size);
}

std::optional<std::span<std::byte>> Arena::map(Page page, Access access)
{
    bool const writable = access == Access::read_write;
    unsigned const first = writable ? 1 : 1 + writable_windows;
    unsigned const end = writable ? 1 + writable_windows : windows;
    for (unsigned window = first; window < end; ++window) {
        if (states_[page].mapped >> window & 1)
            continue;
        states_[page].mapped |= 1u << window;
        __asan_unpoison_memory_region(address(window, page), page_size);
        return std::span{address(window, page), page_size};
    }
    return std::nullopt;
}

std::optional<std::size_t> Arena::find_row(std::size_t count) const
{
    std::size_t run = 0;
    for (std::size_t looked = 0; looked < 2 * row_places; ++looked) {
        std::size_t const place = (next_row_ + looked) % row_places;
        if (place == 0)
            run = 0;
        run = rows_.contains(place) ? 0 : run + 1;
        if (run == count)
            return place + 1 - count;
    }
    return std::nullopt;
}

void Arena::map_in_row(std::size_t place, Page page, Access access)
{
    int const protection = access == Access::read_write ? PROT_READ | PROT_WRITE : PROT_READ;
    void* const mapped = mmap(
        row_place(place), page_size, protection, MAP_SHARED | MAP_FIXED, file_,
        static_cast<off_t>(page * page_size));
    if (mapped == MAP_FAILED)
        throw std::bad_alloc{};
    __asan_unpoison_memory_region(row_place(place), page_size);
    rows_[place] = page;
    ++states_[page].in_rows;
}

std::optional<std::span<std::byte>> Arena::map_row(std::span<Page const> pages, Access access)
{
    auto const first = find_row(pages.size());
    if (!first)
        return std::nullopt;
    next_row_ = (*first + pages.size()) % row_places;
    for (std::size_t i = 0; i < pages.size(); ++i)
        map_in_row(*first + i, pages[i], access);
    return std::span{row_place(*first), pages.size() * page_size};
}

void Arena::unmap(std::span<std::byte> mapping)
{
    std::size_t const index = static_cast<std::size_t>(mapping.data() - base_) / page_size;
    if (index >= all_pages) {
        auto const row = rows_.find(index - all_pages);
        assert(row != rows_.end());
        --states_[row->second].in_rows;
        rows_.erase(row);
        __asan_poison_memory_region(mapping.data(), page_size);
        return;
    }
    State& state = states_[index % page_count];
    unsigned const bit = 1u << index / page_count;
    assert(state.mapped & bit);
    state.mapped &= ~bit;
    __asan_poison_memory_region(mapping.data(), page_size);
}

std::optional<Arena::Page> Arena::page_of(void const* address) const
{
    auto const offset = static_cast<std::byte const*>(address) - base_;
    if (offset < 0)
        return std::nullopt;
    std::size_t const index = static_cast<std::size_t>(offset) / page_size;
    if (index < all_pages)
        return static_cast<Page>(index % page_count);
    auto const row = rows_.find(index - all_pages);
    return row == rows_.end() ? std::nullopt : std::optional{row->second};
}

} // namespace lodger::sim
