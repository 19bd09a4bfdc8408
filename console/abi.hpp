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

} // namespace lodger::console
