#pragma once

/// The console ring's layout, and what this directory relies on in it.

#include <cstddef>
#include <cstdint>

#include <xen/io/console.h>

namespace lodger::console {

using Page = ::xencons_interface;

static_assert(sizeof(Page::in) == 1024);
static_assert(sizeof(Page::out) == 2048);
static_assert(offsetof(Page, in_cons) == 3072);
static_assert(offsetof(Page, out_prod) == 3084);

/// Where newer rings say whether anybody reads: a byte behind what 4.17's header describes, so it
/// is 0, connected, on a Xen that does not know it (xen/include/public/io/console.h of Xen 4.21).
inline std::uint8_t const& connection_of(Page const& page)
{
    return *reinterpret_cast<std::uint8_t const*>(&page + 1);
}
inline constexpr std::uint8_t disconnected = 1; // XENCONSOLE_DISCONNECTED
static_assert(sizeof(Page) == 3088);

} // namespace lodger::console
