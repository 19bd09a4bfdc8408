#pragma once

#include <lodger/core/ids.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lodger::arch {

/// How Xen runs us. HVM differs from PVH in that there are emulated devices, which we ignore.
enum class Mode : std::uint8_t { pv, pvh, hvm };

constexpr char const* describe(Mode mode)
{
    switch (mode) {
    case Mode::pv: return "PV";
    case Mode::pvh: return "PVH";
    case Mode::hvm: return "HVM";
    }
    return "?";
}

/// Consecutive pages of our own memory.
struct PageRange {
    Pfn first{};
    std::size_t count = 0;

    constexpr Pfn end() const { return Pfn{first.value + count}; }
    constexpr bool overlaps(PageRange other) const
    {
        return first < other.end() && other.first < end();
    }
};

/// A few of something, in place: there is no heap yet when these are filled.
template <class T, std::size_t most>
struct ShortList {
    std::array<T, most> items{};
    std::size_t count = 0;

    /// What does not fit is left out.
    constexpr void add(T item)
    {
        if (count < most)
            items[count++] = item;
    }
    constexpr T const* begin() const { return items.data(); }
    constexpr T const* end() const { return items.data() + count; }
};

/// What an entry, whichever it was, found out about the machine. Everything after it is common.
/// Addresses are virtual; for our own memory they equal the pseudo-physical ones.
struct BootInfo {
    Mode mode = Mode::pv;
    ShortList<PageRange, 16> memory;   ///< RAM, without overlap
    ShortList<PageRange, 32> occupied; ///< what the builder placed in it; the first is the image
    Pfn first_free{}; ///< the heap can have what lies from here on up, except `occupied`
    char const* command_line = nullptr; ///< null if there is none
    ShortList<std::span<std::byte const>, 8> modules;
    std::byte* store_page = nullptr;
    Port store_port{};
    std::byte* console_page = nullptr;
    Port console_port{};

    /// The page after the last.
    constexpr Pfn memory_end() const
    {
        Pfn end{};
        for (PageRange const& range : memory)
            end = std::max(end, range.end());
        return end;
    }

    /// Takes consecutive pages for good, the lowest that nothing occupies from `first_free` on.
    constexpr Pfn set_aside(std::size_t pages)
    {
        PageRange taken{first_free, pages};
        bool moved = true;
        while (std::exchange(moved, false))
            for (PageRange const& range : occupied)
                if (range.overlaps(taken)) {
                    taken.first = range.end();
                    moved = true;
                }
        occupied.add(taken);
        first_free = taken.end();
        return taken.first;
    }
};

} // namespace lodger::arch
