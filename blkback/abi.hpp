#pragma once

/// The block device protocol from the backend's side, and what this directory relies on in it.

#include <lodger/blkfront/abi.hpp>

namespace lodger::blkback {

using blkfront::Request;
using blkfront::Response;
using blkfront::wire_sector;

using Segment = ::blkif_request_segment;
using IndirectRequest = ::blkif_request_indirect;
using DiscardRequest = ::blkif_request_discard;

static_assert(offsetof(Segment, first_sect) == 4 && offsetof(Segment, last_sect) == 5);
static_assert(offsetof(IndirectRequest, nr_segments) == 2);
static_assert(offsetof(IndirectRequest, id) == 8);
static_assert(offsetof(IndirectRequest, sector_number) == 16);
static_assert(offsetof(IndirectRequest, indirect_grefs) == 28);
static_assert(offsetof(DiscardRequest, flag) == 1);
static_assert(offsetof(DiscardRequest, sector_number) == 16);
static_assert(offsetof(DiscardRequest, nr_sectors) == 24);
static_assert(
    sizeof(IndirectRequest) <= sizeof(Request) && sizeof(DiscardRequest) <= sizeof(Request));

/// Segments of a request that has them in the ring.
inline constexpr std::size_t most_segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
inline constexpr std::size_t sectors_per_page = 8; // of `wire_sector` bytes
inline constexpr std::size_t most_indirect_pages = BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST;
inline constexpr std::size_t segments_per_page = 4096 / sizeof(Segment);

} // namespace lodger::blkback
