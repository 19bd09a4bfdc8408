#pragma once

#include <lodger/blkback/options.hpp>
#include <lodger/store/client.hpp>
#include <lodger/xenbus/node.hpp>

#include <bit>

#include <xen/io/protocols.h>

namespace lodger::blkback {

/// What a frontend offers, read from its directory. It may write anything there.
struct FrontendOffer {
    static constexpr std::size_t most_ring_pages = std::size_t{1} << Options::most_ring_page_order;

    struct Ring {
        std::array<GrantRef, most_ring_pages> refs{};
        Port port{};

        bool operator==(Ring const&) const = default;
    };

    std::array<Ring, Options::most_queues> rings{};
    std::size_t queue_count = 1;
    std::size_t ring_pages = 1;
    bool has_page_count = false; ///< it said so, by whatever name
    bool persistent = false;

    bool operator==(FrontendOffer const&) const = default;
};

/// Reads an offer (xen/include/public/io/blkif.h, "Frontend XenBus Nodes" and "Multiple hardware
/// queues"). Numbers of pages go by two names (notes 1 to 3 there).
template <Hypervisor H>
class OfferReader {
public:
    /// @param frontend its directory
    OfferReader(store::Client<H>& store, std::string_view frontend, Options const& options)
        : store_{store},
          frontend_{frontend},
          options_{options}
    {
    }

    /// @return `protocol` for what makes no sense or was not on offer, `unsupported` for a ring of
    /// another layout
    Result<FrontendOffer> read()
    {
        LODGER_TRY(check_protocol());
        FrontendOffer offer;
        offer.persistent = LODGER_TRY(number({frontend_, "feature-persistent"}, 0)) != 0;
        offer.queue_count = LODGER_TRY(number({frontend_, "multi-queue-num-queues"}, 1));
        if (offer.queue_count == 0 || offer.queue_count > options_.queues)
            return Failure{Errc::protocol};
        LODGER_TRY(read_page_count(offer));
        if (offer.queue_count == 1) {
            LODGER_TRY(read_ring(offer, offer.rings[0], frontend_));
            return offer;
        }
        for (std::size_t i = 0; i < offer.queue_count; ++i) {
            Text<xenbus::longest_path + 16> directory;
            LODGER_TRY(directory.append(frontend_));
            LODGER_TRY(directory.append("/queue-"));
            LODGER_TRY(directory.append(i));
            LODGER_TRY(read_ring(offer, offer.rings[i], directory.view()));
        }
        return offer;
    }

private:
    /// A frontend that says nothing has our own layout; no other is served.
    Result<> check_protocol()
    {
        std::array<char, 32> buffer;
        auto const protocol = store_.read({frontend_, "protocol"}, buffer, store_.patience());
        if (!protocol && protocol.error() != Errc::not_found)
            return Failure{protocol.error()};
        bool const fits = !protocol || *protocol == XEN_IO_PROTO_ABI_X86_64;
        return fits ? Result<>{} : Failure{Errc::unsupported};
    }

    Result<std::uint32_t> number(store::Path path)
    {
        return store_.template read<std::uint32_t>(path);
    }
    Result<std::uint32_t> number(store::Path path, std::uint32_t fallback)
    {
        auto const read = number(path);
        return !read && read.error() == Errc::not_found ? Result<std::uint32_t>{fallback} : read;
    }

    Result<> read_page_count(FrontendOffer& offer)
    {
        auto const order = number({frontend_, "ring-page-order"});
        auto const count = number({frontend_, "num-ring-pages"});
        offer.has_page_count = order || count;
        if (order)
            offer.ring_pages = *order > options_.ring_page_order ? 0 : std::size_t{1} << *order;
        else if (order.error() != Errc::not_found)
            return Failure{order.error()};
        else if (count)
            offer.ring_pages = *count;
        else if (count.error() != Errc::not_found)
            return Failure{count.error()};
        bool const fits = std::has_single_bit(offer.ring_pages) &&
                          offer.ring_pages <= std::size_t{1} << options_.ring_page_order;
        return fits ? Result<>{} : Failure{Errc::protocol};
    }

    Result<>
    read_ring(FrontendOffer const& offer, FrontendOffer::Ring& ring, std::string_view directory)
    {
        ring.port = Port{LODGER_TRY(number({directory, "event-channel"}))};
        if (offer.ring_pages == 1) {
            auto const only = number({directory, "ring-ref"});
            bool const may_be_numbered = offer.has_page_count;
            if (only || only.error() != Errc::not_found || !may_be_numbered) {
                ring.refs[0] = GrantRef{LODGER_TRY(only)};
                return {};
            }
        }
        for (std::size_t i = 0; i < offer.ring_pages; ++i) {
            Text<16> key;
            LODGER_TRY(key.append("ring-ref"));
            LODGER_TRY(key.append(i));
            ring.refs[i] = GrantRef{LODGER_TRY(number({directory, key.view()}))};
        }
        return {};
    }

    store::Client<H>& store_;
    std::string_view frontend_;
    Options const& options_;
};

} // namespace lodger::blkback
