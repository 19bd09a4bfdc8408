#pragma once

#include <lodger/blkfront/data_pages.hpp>
#include <lodger/blkfront/disk.hpp>
#include <lodger/blkfront/link.hpp>
#include <lodger/blkfront/options.hpp>
#include <lodger/xenbus/frontend.hpp>
#include <lodger/xenbus/node.hpp>

namespace lodger::blkfront {

/// What a block device adds to the handshake (xen/include/public/io/blkif.h, "Frontend XenBus
/// Nodes"): rings and ports to offer, and the disk's geometry to read.
template <Hypervisor H>
class Handshake {
public:
    using Link = std::unique_ptr<blkfront::Link<H>>;
    using Details = Disk;

    /// @param listener called on the loop for each event of the device
    Handshake(store::Client<H>& store, grant::Table<H>& grants, Listener listener)
        : store_{store},
          grants_{grants},
          listener_{listener}
    {
    }

    /// Says what to offer, and the memory for it. Call once, before anything else.
    void prepare(Options const& options, DataPages<H>& pages)
    {
        wanted_ = options.offer;
        pool_pages_ = options.pool_pages;
        pages_ = &pages;
    }

    /// Says which device, and which other end, this is about from now on.
    void set_node(xenbus::Node const& node)
    {
        node_ = node;
        incarnation_ = grants_.hypervisor().incarnation();
    }
    xenbus::Node const& node() const { return node_; }

    /// Bounds every exchange with XenStore from now on.
    void set_deadline(Deadline deadline) { deadline_ = deadline; }

    Result<> publish(xenbus::State state)
    {
        trace(
            grants_.hypervisor(), Topic::xenbus, node_.path.view(), " becomes ",
            xenbus::name(state));
        auto const written =
            xenbus::write_state(store_, node_.path, state, deadline_, [this](xenbus::State now) {
                return is_ours(now);
            });
        bool const leaving = state == xenbus::State::closing || state == xenbus::State::closed;
        // What the toolstack has removed, or made anew, needs no farewell.
        if (!written && !(leaving && written.error() == Errc::no_device))
            return written;
        node_.state = state;
        return {};
    }

    Result<Link> offer_link()
    {
        std::array<char, 8> text;
        store::Batch<H> batch{store_.connection()};
        LODGER_TRY(
            store_.operations().begin_read(batch, {node_.path.view(), "trusted"}, text, deadline_));
        Offer offer = wanted_.within(LODGER_TRY(read_keys(store_, node_.other_end, deadline_)));
        offer.copies_data |= !is_trusted(batch.finish(deadline_));
        if (offer.copies_data && !copies_.pool)
            copies_ = LODGER_TRY(DataPages<H>::create(grants_.hypervisor(), pool_pages_));
        DataPages<H> const& pages = offer.copies_data ? copies_ : *pages_;
        auto link = LODGER_TRY(blkfront::Link<H>::create(
            grants_, node_.other_domain, offer, *pages.pool, *pages.frames, handle(), listener_));
        LODGER_TRY(write_offer(*link));
        return link;
    }

    Result<Disk> read_details(Link& link)
    {
        KeyValues const said = LODGER_TRY(read_keys(store_, node_.other_end, deadline_));
        Disk const disk = LODGER_TRY(disk_of(said));
        link->connect(features_of(link->offer(), said));
        return disk;
    }

    /// Reads the geometry again, which may change while we are connected.
    Result<Disk> read_disk()
    {
        return disk_of(LODGER_TRY(read_keys(store_, node_.other_end, deadline_)));
    }

    /// The same of a disk that was read before.
    /// @return also `no_device` if it has no size any more: somebody is taking its directory away
    Result<Disk> read_disk_again()
    {
        KeyValues const said = LODGER_TRY(read_keys(store_, node_.other_end, deadline_));
        return said.is_said(Key::sectors) ? disk_of(said) : Failure{Errc::no_device};
    }

    bool is_let_go(Link const& link) const { return link->is_let_go(); }

    /// Removes the keys that `offer_link` added, if it did, once the backend needs them no more.
    Result<> withdraw()
    {
        if (!has_offered_)
            return {};
        bool const has_queues = offered_.queues > 1;
        bool const has_pages = offered_.ring_pages > 1;
        struct Written {
            std::string_view key;
            bool by_us;
        };
        for (Written const written :
             {Written{"ring-ref", !has_queues && !has_pages}, Written{"event-channel", !has_queues},
              Written{"protocol", !toolstack_wrote_protocol_}, Written{"feature-persistent", true},
              Written{"multi-queue-num-queues", has_queues}, Written{"ring-page-order", has_pages},
              Written{"num-ring-pages", has_pages}}) {
            if (written.by_us)
                LODGER_TRY(remove(written.key));
        }
        for (std::size_t page = 0; !has_queues && has_pages && page < offered_.ring_pages; ++page)
            LODGER_TRY(remove(key_of("ring-ref", page)));
        for (std::size_t queue = 0; has_queues && queue < offered_.queues; ++queue)
            LODGER_TRY(remove(key_of("queue-", queue)));
        return {};
    }

private:
    /// Whether the backend may see what lies beside the data: it may unless the toolstack says no.
    static bool is_trusted(Result<std::string_view> const& said)
    {
        return said ? *said == "1" : said.error() == Errc::not_found;
    }

    using KeyName = Text<32>;

    static KeyName key_of(std::string_view name, std::size_t number)
    {
        KeyName key;
        static_cast<void>(key.append(name));
        static_cast<void>(key.append(number));
        return key;
    }

    Result<> remove(std::string_view key)
    {
        auto const removed = store_.operations().rm({node_.path.view(), key}, deadline_);
        // What is left above a directory that the toolstack has removed is not ours to touch.
        bool const is_gone =
            !removed && (removed.error() == Errc::not_found || removed.error() == Errc::denied);
        return is_gone ? Result<>{} : removed;
    }

    /// The number of the device, as far as the protocol has room for it.
    std::uint16_t handle() const
    {
        std::string_view const path = node_.path;
        auto const number = parse<std::uint32_t>(path.substr(path.rfind('/') + 1));
        return number ? static_cast<std::uint16_t>(*number) : 0;
    }

    /// Whether the device in whose `state` key that stands is the one that we know, and not one
    /// that the toolstack has made in its place, for us or for the domain that was restored.
    bool is_ours(xenbus::State state) const
    {
        return state == node_.state && grants_.hypervisor().incarnation() == incarnation_;
    }

    Result<> write_offer(blkfront::Link<H> const& link)
    {
        offered_ = link.offer();
        return store_.transaction(
            [&](store::Operations<H>& transaction) -> Result<> {
                LODGER_TRY(look_before(transaction));
                has_offered_ = true; // Unless it fails, which may not be known.
                LODGER_TRY(write_common(transaction));
                for (std::size_t i = 0; i < link.queues(); ++i)
                    LODGER_TRY(write_channel(transaction, link, i));
                return {};
            },
            deadline_);
    }

    /// As for every state: a node that the toolstack has removed must not come back, and another
    /// device in its place gets nothing of ours.
    Result<> look_before(store::Operations<H>& transaction)
    {
        std::array<char, 16> state;
        std::array<char, 32> protocol;
        store::Batch<H> batch{store_.connection()};
        std::string_view const node = node_.path;
        LODGER_TRY(transaction.begin_read(batch, {node, "state"}, state, deadline_));
        LODGER_TRY(transaction.begin_read(batch, {node, "protocol"}, protocol, deadline_));
        auto const present = batch.finish(deadline_);
        if (!present)
            return Failure{present.error() == Errc::not_found ? Errc::no_device : present.error()};
        if (!is_ours(xenbus::state_of(*present)))
            return Failure{Errc::no_device};
        toolstack_wrote_protocol_ = batch.finish(deadline_).has_value();
        return {};
    }

    Result<> write_common(store::Operations<H>& transaction)
    {
        std::string_view const node = node_.path;
        std::size_t const pages = offered_.ring_pages;
        auto const order = store::Codec<int>::format(std::countr_zero(pages));
        auto const page_count = store::Codec<std::size_t>::format(pages);
        auto const queues = store::Codec<std::size_t>::format(offered_.queues);
        std::array const assignments = {
            store::Assignment{{node, "protocol"}, XEN_IO_PROTO_ABI_X86_64},
            store::Assignment{{node, "feature-persistent"}, offered_.persistent_grants ? "1" : "0"},
            store::Assignment{{node, "multi-queue-num-queues"}, queues},
            store::Assignment{{node, "ring-page-order"}, order},
            store::Assignment{{node, "num-ring-pages"}, page_count}};
        // What is not used is not mentioned.
        std::size_t const count = offered_.queues > 1 ? 3 : 2;
        LODGER_TRY(transaction.write_all(std::span{assignments}.first(count), deadline_));
        if (pages == 1)
            return {};
        return transaction.write_all(std::span{assignments}.subspan(3), deadline_);
    }

    Result<> write_channel(
        store::Operations<H>& transaction, blkfront::Link<H> const& link, std::size_t queue)
    {
        Channel<H> const& channel = link.channel(queue);
        KeyName directory;
        if (offered_.queues > 1) {
            directory = key_of("queue-", queue);
            LODGER_TRY(directory.append("/"));
        }
        constexpr std::size_t most_keys = grant::GrantedPages<H>::most_pages + 1;
        std::array<KeyName, most_keys> names;
        std::array<Text<16>, most_keys> values;
        std::array<store::Assignment, most_keys> assignments;
        std::size_t count = 0;
        auto const add = [&](std::string_view name, std::uint32_t value) -> Result<> {
            names[count] = directory;
            LODGER_TRY(names[count].append(name));
            LODGER_TRY(values[count].append(value));
            assignments[count] = {{node_.path.view(), names[count]}, values[count]};
            ++count;
            return {};
        };
        LODGER_TRY(add("event-channel", channel.port.port().value));
        auto const refs = channel.ring.refs();
        if (refs.size() == 1)
            LODGER_TRY(add("ring-ref", refs.front().value));
        for (std::size_t page = 0; refs.size() > 1 && page < refs.size(); ++page)
            LODGER_TRY(add(key_of("ring-ref", page), refs[page].value));
        return transaction.write_all(std::span{assignments}.first(count), deadline_);
    }

    store::Client<H>& store_;
    grant::Table<H>& grants_;
    Listener listener_;
    Offer wanted_;
    Offer offered_;
    bool has_offered_ = false; ///< its keys may be in XenStore
    xenbus::Node node_;
    std::uint32_t incarnation_ = 0;
    DataPages<H>* pages_ = nullptr;
    std::size_t pool_pages_ = 0;
    DataPages<H> copies_; ///< what a backend sees that is not trusted
    Deadline deadline_{};
    bool toolstack_wrote_protocol_ = false; ///< as libxl does for a PV guest
};

} // namespace lodger::blkfront
