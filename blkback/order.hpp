#pragma once

#include <lodger/blkback/abi.hpp>
#include <lodger/blkback/medium.hpp>
#include <lodger/blkback/options.hpp>
#include <lodger/core/ids.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace lodger::blkback {

/// What a request asks for, as far as the request itself can be checked: its segments may lie in
/// pages of their own.
struct Order {
    Action action = Action::read;
    bool flush_before = false;
    bool flush_after = false;
    bool is_barrier = false; ///< all earlier requests end before it begins, it before later ones do
    bool is_secure = false;
    std::uint64_t sector = 0;  ///< in units of 512 bytes, as everything on the wire
    std::uint64_t sectors = 0; ///< of a discard
    std::uint16_t segment_count = 0;
    /// Of a direct request.
    std::array<Segment, most_segments> segments{};
    /// Of an indirect request: the pages that hold its segments.
    std::uint8_t indirect_count = 0;
    std::array<GrantRef, most_indirect_pages> indirect{};
};

/// What the medium is asked for a request, one after another.
struct Steps {
    std::array<Action, 3> actions{};
    std::size_t count = 0;

    constexpr explicit Steps(Order const& order)
    {
        if (order.flush_before)
            actions[count++] = Action::flush;
        actions[count++] = order.action;
        if (order.flush_after)
            actions[count++] = Action::flush;
    }
};

/// The outcome of a request as a response says it, the mirror image of `blkfront::outcome_of`.
constexpr std::int16_t status_of(Result<> outcome)
{
    if (outcome)
        return BLKIF_RSP_OKAY;
    return outcome.error() == Errc::unsupported ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}

/// The operation that the answer to a request names: of an indirect one the one inside, or Linux's
/// frontend takes the answer for a lie (drivers/block/xen-blkfront.c, blkif_interrupt).
inline std::uint8_t answered_operation(Request const& request)
{
    if (request.operation != BLKIF_OP_INDIRECT)
        return request.operation;
    IndirectRequest indirect;
    std::memcpy(&indirect, &request, sizeof indirect);
    return indirect.indirect_op;
}

namespace detail {

inline Result<Order> read_direct(Request const& request, Order order)
{
    if (request.nr_segments > most_segments)
        return Failure{Errc::protocol};
    bool const may_be_empty = order.flush_before;
    if (request.nr_segments == 0 && !may_be_empty)
        return Failure{Errc::protocol};
    order.sector = request.sector_number;
    order.segment_count = request.nr_segments;
    std::copy_n(request.seg, request.nr_segments, order.segments.begin());
    // A flush that carries data is a write behind it; one that does not is nothing but a flush.
    if (request.nr_segments == 0)
        order = {.action = Action::flush, .is_barrier = order.is_barrier};
    return order;
}

inline Result<Order> read_indirect(Request const& request, Options const& options)
{
    IndirectRequest indirect;
    std::memcpy(&indirect, &request, sizeof indirect);
    if (indirect.indirect_op != BLKIF_OP_READ && indirect.indirect_op != BLKIF_OP_WRITE)
        return Failure{Errc::protocol};
    if (indirect.nr_segments == 0 || indirect.nr_segments > options.indirect_segments)
        return Failure{Errc::protocol};
    std::size_t const pages = (indirect.nr_segments + segments_per_page - 1) / segments_per_page;
    if (pages > most_indirect_pages)
        return Failure{Errc::protocol};
    Order order{
        .action = indirect.indirect_op == BLKIF_OP_WRITE ? Action::write : Action::read,
        .sector = indirect.sector_number,
        .segment_count = indirect.nr_segments,
        .indirect_count = static_cast<std::uint8_t>(pages)};
    for (std::size_t i = 0; i < pages; ++i)
        order.indirect[i] = GrantRef{indirect.indirect_grefs[i]};
    return order;
}

inline Order read_discard(Request const& request, Options const& options)
{
    DiscardRequest discard;
    std::memcpy(&discard, &request, sizeof discard);
    // Without `discard-secure` the flag is ignored (blkif.h, BLKIF_DISCARD_SECURE).
    bool const is_secure = options.secure_discard && discard.flag & BLKIF_DISCARD_SECURE;
    return {
        .action = Action::discard,
        .is_secure = is_secure,
        .sector = discard.sector_number,
        .sectors = discard.nr_sectors};
}

} // namespace detail

/// Reads a request, of which a copy was taken out of the ring.
/// @return `unsupported` for what we did not offer, `protocol` for what makes no sense
inline Result<Order> read_order(Request const& request, Options const& options)
{
    switch (request.operation) {
    case BLKIF_OP_READ: return detail::read_direct(request, {.action = Action::read});
    case BLKIF_OP_WRITE: return detail::read_direct(request, {.action = Action::write});
    case BLKIF_OP_WRITE_BARRIER:
        if (!options.barrier)
            break;
        return detail::read_direct(
            request, {.action = Action::write,
                      .flush_before = true,
                      .flush_after = true,
                      .is_barrier = true});
    case BLKIF_OP_FLUSH_DISKCACHE:
        if (!options.flush)
            break;
        return detail::read_direct(request, {.action = Action::write, .flush_before = true});
    case BLKIF_OP_DISCARD:
        if (!options.discard)
            break;
        return detail::read_discard(request, options);
    case BLKIF_OP_INDIRECT:
        if (options.indirect_segments == 0)
            break;
        return detail::read_indirect(request, options);
    default: break;
    }
    return Failure{Errc::unsupported};
}

/// Checks a place on the medium, in units of 512 bytes.
inline Result<> check_place(Geometry const& geometry, std::uint64_t sector, std::uint64_t sectors)
{
    std::uint64_t const end = geometry.size / wire_sector;
    if (sector > end || sectors > end - sector)
        return Failure{Errc::out_of_range};
    return (sector | sectors) % (geometry.sector_size / wire_sector) == 0
               ? Result<>{}
               : Failure{Errc::misaligned};
}

/// Checks what a request would do to the medium; `segments` are copies.
/// @return how many bytes it moves or discards
inline Result<std::uint64_t>
check_order(Order const& order, std::span<Segment const> segments, Geometry const& geometry)
{
    if (order.action != Action::read && geometry.info & VDISK_READONLY)
        return order.action == Action::flush ? Result<std::uint64_t>{0} : Failure{Errc::read_only};
    std::uint64_t sectors = order.sectors;
    for (Segment const& segment : segments) {
        if (segment.last_sect < segment.first_sect || segment.last_sect >= sectors_per_page)
            return Failure{Errc::protocol};
        unsigned const length = segment.last_sect - segment.first_sect + 1u;
        if (length % (geometry.sector_size / wire_sector) != 0)
            return Failure{Errc::misaligned};
        sectors += length;
    }
    if (order.action == Action::discard && sectors == 0)
        return Failure{Errc::protocol};
    LODGER_TRY(check_place(geometry, order.sector, sectors));
    return sectors * wire_sector;
}

} // namespace lodger::blkback
