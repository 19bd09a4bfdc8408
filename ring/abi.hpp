#pragma once

/// The layout of a shared ring, from Xen's own macros, and what this directory relies on in it.

#include <bit>
#include <cstddef>
#include <cstdint>

#include <xen/io/ring.h>

namespace lodger::ring {

/// The four indices at the start of a ring's first page, and where its slots begin.
struct SharedHeader {
    RING_IDX req_prod;
    RING_IDX req_event;
    RING_IDX rsp_prod;
    RING_IDX rsp_event;
    std::uint8_t pad[48];
};

// The slots' type does not matter for the header; any instance of Xen's macro shows it.
DEFINE_RING_TYPES(pinned, std::uint64_t, std::uint64_t);
static_assert(offsetof(SharedHeader, req_prod) == offsetof(pinned_sring, req_prod));
static_assert(offsetof(SharedHeader, req_event) == offsetof(pinned_sring, req_event));
static_assert(offsetof(SharedHeader, rsp_prod) == offsetof(pinned_sring, rsp_prod));
static_assert(offsetof(SharedHeader, rsp_event) == offsetof(pinned_sring, rsp_event));
static_assert(sizeof(SharedHeader) == offsetof(pinned_sring, ring));

/// How many slots of `slot_size` bytes a ring of `ring_size` bytes has (`__CONST_RING_SIZE`):
/// a power of two.
constexpr RING_IDX slot_count(std::size_t ring_size, std::size_t slot_size)
{
    return static_cast<RING_IDX>(std::bit_floor((ring_size - sizeof(SharedHeader)) / slot_size));
}

} // namespace lodger::ring
