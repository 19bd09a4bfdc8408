#pragma once

/// The block device protocol, and what this directory relies on in it.

#include <cstddef>
#include <cstdint>

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>
#include <xen/io/protocols.h>
#include <xen/xen.h>

namespace lodger::blkfront {

using Request = ::blkif_request;
using Response = ::blkif_response;

// Without padding of our own: the layout that "x86_64-abi" in the `protocol` key promises.
static_assert(sizeof(Request) == 112);
static_assert(offsetof(Request, id) == 8);
static_assert(offsetof(Request, seg) == 24);
static_assert(sizeof(::blkif_request_segment) == 8);
static_assert(sizeof(Response) == 16);
static_assert(offsetof(Response, status) == 10);

/// The unit of everything on the wire, whatever the medium's sector size is.
inline constexpr std::uint32_t wire_sector = 512;

inline constexpr std::size_t most_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;

} // namespace lodger::blkfront
