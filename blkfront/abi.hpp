#pragma once

/// The block device protocol, and what this directory relies on in it.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>
#include <xen/io/protocols.h>
#include <xen/xen.h>

namespace lodger::blkfront {

using Request = ::blkif_request;
using WireSegment = ::blkif_request_segment;
using IndirectRequest = ::blkif_request_indirect;
using DiscardRequest = ::blkif_request_discard;
using Response = ::blkif_response;

/// Makes a request or a response all zeros. It is copied whole to where the other end reads, and
/// what was on our stack must not show between its members (XSA-216).
template <class Form>
void clear(Form& form)
{
    constexpr std::uint64_t zero = 0;
    static_assert(sizeof form % sizeof zero == 0);
    // Word by word: without vector registers memset becomes `rep stos`, which costs more.
#pragma GCC unroll 16
    for (std::size_t at = 0; at < sizeof form; at += sizeof zero)
        std::memcpy(reinterpret_cast<std::byte*>(&form) + at, &zero, sizeof zero);
}

/// The beginning of a `Request` with the one segment that most have, as the words that it is.
struct ShortRequest {
    std::uint64_t operation; ///< and `nr_segments`, 1, and `handle`
    std::uint64_t id;
    std::uint64_t sector_number;
    std::uint64_t segment;
};

constexpr std::uint64_t operation_word(std::uint8_t operation, blkif_vdev_t handle)
{
    return operation | 1u << 8 | std::uint64_t{handle} << 16;
}
constexpr std::uint64_t segment_word(WireSegment segment)
{
    return segment.gref | std::uint64_t{segment.first_sect} << 32 |
           std::uint64_t{segment.last_sect} << 40;
}

// Without padding of our own: the layout that "x86_64-abi" in the `protocol` key promises.
static_assert(sizeof(Request) == 112);
static_assert(offsetof(Request, id) == 8);
static_assert(offsetof(Request, seg) == 24);
static_assert(sizeof(WireSegment) == 8);
static_assert(sizeof(ShortRequest) == 32);
static_assert(offsetof(Request, nr_segments) == 1 && offsetof(Request, handle) == 2);
static_assert(offsetof(ShortRequest, id) == offsetof(Request, id));
static_assert(offsetof(ShortRequest, sector_number) == offsetof(Request, sector_number));
static_assert(offsetof(ShortRequest, segment) == offsetof(Request, seg));
static_assert(offsetof(WireSegment, first_sect) == 4 && offsetof(WireSegment, last_sect) == 5);
static_assert(sizeof(IndirectRequest) == 64);
static_assert(offsetof(IndirectRequest, id) == 8);
static_assert(offsetof(IndirectRequest, indirect_grefs) == 28);
static_assert(sizeof(DiscardRequest) == 32);
static_assert(offsetof(DiscardRequest, id) == 8);
static_assert(sizeof(Response) == 16);
static_assert(offsetof(Response, status) == 10);

/// The unit of everything on the wire, whatever the medium's sector size is.
inline constexpr std::uint32_t wire_sector = 512;

/// Segments of a request that has them in the ring.
inline constexpr std::size_t most_direct_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;

/// Segments of an indirect request, as far as we go: 1 MiB of data, all that Linux's backend takes.
/// Half a page names them.
inline constexpr std::size_t most_indirect_segments = 256;

} // namespace lodger::blkfront
