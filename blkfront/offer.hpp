#pragma once

#include <lodger/blkfront/features.hpp>
#include <lodger/blkfront/keys.hpp>
#include <lodger/grant/granted_pages.hpp>

#include <bit>

namespace lodger::blkfront {

/// Rings of one device, as far as we go: a thread of the backend serves each.
inline constexpr std::size_t most_queues = 8;

/// What we want of a device if its backend can do it, and what we offer it in the end.
struct Offer {
    std::size_t ring_pages = 1; ///< a power of two, at most `GrantedPages::most_pages`
    std::size_t queues = 1;     ///< at most `most_queues`
    bool persistent_grants = true;
    bool indirect = true;
    /// Shows the backend copies alone, as for one that the toolstack says is not to be trusted.
    bool copies_data = false;

    /// The offer as far as the backend, which is in InitWait, can take it.
    Offer within(KeyValues const& said) const
    {
        Offer offer = *this;
        std::uint64_t const order = std::min<std::uint64_t>(said[Key::max_ring_page_order], 16);
        std::uint64_t const pages =
            std::max({std::uint64_t{1} << order, said[Key::max_ring_pages], std::uint64_t{1}});
        offer.ring_pages = std::bit_floor(std::min<std::uint64_t>(ring_pages, pages));
        offer.queues = std::clamp<std::uint64_t>(said[Key::multi_queue_max_queues], 1, queues);
        return offer;
    }
};

/// What is in use with a backend that is connected.
/// @param offer what we wrote before
inline Features features_of(Offer const& offer, KeyValues const& said)
{
    Features features{
        .ring_pages = offer.ring_pages,
        .queues = offer.queues,
        .persistent_grants = offer.persistent_grants && said[Key::feature_persistent] != 0,
        .flush = said[Key::feature_flush_cache] != 0,
        .barrier = said[Key::feature_barrier] != 0,
        .discard = said[Key::feature_discard] != 0,
        .secure_discard = said[Key::discard_secure] != 0,
        .copies_data = offer.copies_data,
    };
    if (offer.indirect)
        features.most_segments = std::clamp<std::uint64_t>(
            said[Key::feature_max_indirect_segments], most_direct_segments, most_indirect_segments);
    return features;
}

} // namespace lodger::blkfront
