#pragma once

#include <lodger/core/hypervisor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace lodger::sim {

/// The machine's memory: pages that can be seen at several addresses at once, as a granted page is
/// by its owner and by each domain that maps it. Every page has one address for its owner and a
/// few more for mappings, some of them read-only; what is not in use at the moment is poisoned, so
/// the sanitizer reports a use after free and a use after unmap at the very access.
///
/// One exists in a process, since address space is dear; a world resets it when it begins.
class Arena {
public:
    /// One page, by its number in the arena.
    using Page = std::uint32_t;
    static constexpr Page page_count = 3072;

    static Arena& instance();

    /// Makes every page free.
    void reset();

    /// @return the first of `count` pages in a row, zeroed; nothing if there is no such gap
    std::optional<Page> allocate(std::size_t count);

    /// Takes the owner's address away. A page that is still mapped is not allocated again before
    /// the last mapping has gone.
    void release(Page page);

    /// One more address for a page.
    /// @return nothing if it has too many already
    std::optional<std::span<std::byte>> map(Page page, Access access);
    /// One more address for several pages, in a row there, wherever they are.
    std::optional<std::span<std::byte>> map_row(std::span<Page const> pages, Access access);
    /// Takes one page's mapping away.
    void unmap(std::span<std::byte> mapping);

    std::span<std::byte> bytes(Page page, std::size_t count = 1) const
    {
        return {address(0, page), count * page_size};
    }

    /// The page that an address lies in, however it is mapped.
    std::optional<Page> page_of(void const* address) const;

private:
    static constexpr unsigned writable_windows = 8;
    static constexpr unsigned read_only_windows = 8;
    static constexpr unsigned windows = 1 + writable_windows + read_only_windows;
    static constexpr std::size_t all_pages = std::size_t{windows} * page_count;
    static constexpr std::size_t row_places = 4096; ///< for pages that are mapped in a row

    struct State {
        bool owned = false;
        std::uint32_t mapped = 0; ///< a bit for each window in use, other than the owner's
        std::uint32_t in_rows = 0;
    };

    Arena();

    std::byte* address(unsigned window, Page page) const
    {
        return base_ + (std::size_t{window} * page_count + page) * page_size;
    }
    bool is_free(Page page) const
    {
        return !states_[page].owned && states_[page].mapped == 0 && states_[page].in_rows == 0;
    }
    std::byte* row_place(std::size_t place) const
    {
        return base_ + (all_pages + place) * page_size;
    }
    std::optional<std::size_t> find_row(std::size_t count) const;
    void map_in_row(std::size_t place, Page page, Access access);

    int file_;
    std::byte* base_;
    std::map<std::size_t, Page> rows_; ///< which page is at which place
    std::size_t next_row_ = 0;
    std::vector<State> states_;
    Page next_ = 0; ///< where to look first, so that a freed page is not used again soon
    Page used_ = 0; ///< pages at or above this one were not touched since the reset
};

} // namespace lodger::sim
