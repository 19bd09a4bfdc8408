#pragma once

#include <lodger/core/ids.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lodger::arch {

/// How Xen runs us. HVM differs from PVH only in who loaded the image.
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
    ShortList<PageRange, 16> memory;   ///< RAM, ascending, without overlap
    ShortList<PageRange, 16> occupied; ///< what the builder placed in it: the image, modules, ...
    Pfn first_free{}; ///< from here on up nothing is placed; moves up while tables are set aside
    char const* command_line = "";
    ShortList<std::span<std::byte const>, 8> modules;
    std::byte* store_page = nullptr;
    Port store_port{};
    std::byte* console_page = nullptr;
    Port console_port{};
};

} // namespace lodger::arch
