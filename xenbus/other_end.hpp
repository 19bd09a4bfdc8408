#pragma once

#include <lodger/xenbus/frontend.hpp>
#include <lodger/xenbus/node.hpp>

namespace lodger::xenbus {

/// What XenStore shows of a device at one time.
struct Sight {
    Peer peer;
    /// Our own directory is still the one that we know: it names the same other end and holds the
    /// state that we published. If not, the toolstack has removed the device, or made another one
    /// in its place, to which our ring means nothing.
    bool is_ours = false;
};

/// The other end of a device, and our own directory, as XenStore shows them: watched first, then
/// read, so that no change is missed, and several changes may be seen as one. Our directory is
/// watched all the while, also when there is nothing in it. Owns the watches.
template <Hypervisor H>
class OtherEnd {
public:
    /// @param path our own directory
    static Result<OtherEnd> watch(store::Client<H>& store, NodePath const& path, Deadline deadline)
    {
        return OtherEnd{store, path, LODGER_TRY(store.watch(path.view(), deadline))};
    }

    /// Reads who is at the other end now, and watches what it says from then on.
    /// @return `no_device` if there is no such device, `protocol` if its keys make no sense
    Result<Node> find(Deadline deadline)
    {
        discard_events();
        Node const node = LODGER_TRY(read_node(*store_, node_.path, deadline));
        if (!other_ || node.other_end.view() != node_.other_end.view()) {
            other_.reset();
            other_.emplace(LODGER_TRY(store_->watch({node.other_end.view(), "state"}, deadline)));
        }
        last_ = {};
        return node_ = node;
    }

    /// What it said when it was last looked at.
    Peer last() const { return last_; }

    /// Whether there may be something new since.
    bool has_news() const { return own_.has_event() || has_spoken(); }

    /// Whether the other end may have said something new since, be it the same again.
    bool has_spoken() const { return other_ && other_->has_event(); }

    /// Reads what it says now.
    /// @param own the state that we published last
    Result<Sight> look(State own, Deadline deadline)
    {
        discard_events();
        std::array<char, longest_path> backend;
        std::array<char, 16> id;
        std::array<char, 16> own_state;
        std::array<char, 16> other_state;
        auto operations = store_->operations();
        store::Batch<H> batch{store_->connection()};
        std::string_view const path = node_.path;
        LODGER_TRY(operations.begin_read(batch, {path, "backend"}, backend, deadline));
        LODGER_TRY(operations.begin_read(batch, {path, "backend-id"}, id, deadline));
        LODGER_TRY(operations.begin_read(batch, {path, "state"}, own_state, deadline));
        LODGER_TRY(
            operations.begin_read(batch, {node_.other_end.view(), "state"}, other_state, deadline));
        Sight sight;
        sight.is_ours = LODGER_TRY(says(batch.finish(deadline), node_.other_end));
        auto const domain = store::Codec<Domain>::format(node_.other_domain);
        sight.is_ours &= LODGER_TRY(says(batch.finish(deadline), domain));
        sight.is_ours &= LODGER_TRY(says(batch.finish(deadline), text_of(own)));
        sight.peer = LODGER_TRY(peer_of(batch.finish(deadline)));
        if (sight.peer != last_)
            trace(
                store_->hypervisor(), Topic::xenbus, node_.other_end.view(), " is ",
                sight.peer ? name(*sight.peer) : "not there");
        last_ = sight.peer;
        return sight;
    }

    /// Waits until there may be something new.
    Result<> wait(Deadline deadline)
    {
        while (!has_news())
            LODGER_TRY(store_->connection().wait(deadline));
        return {};
    }

private:
    OtherEnd(store::Client<H>& store, NodePath const& path, store::Watch<H> own)
        : store_{&store},
          own_{std::move(own)}
    {
        node_.path = path;
    }

    void discard_events()
    {
        own_.discard_events();
        if (other_)
            other_->discard_events();
    }

    /// Whether an error says something of the key and not of XenStore. A path is as unreadable as
    /// what is left above it.
    static bool is_about_key(Errc error)
    {
        return error == Errc::not_found || error == Errc::denied || error == Errc::too_large;
    }

    static Result<bool> says(Result<std::string_view> const& value, std::string_view expected)
    {
        if (!value && !is_about_key(value.error()))
            return Failure{value.error()};
        return value && *value == expected;
    }

    static Result<Peer> peer_of(Result<std::string_view> const& value)
    {
        if (value)
            return Peer{state_of(*value)};
        if (!is_about_key(value.error()))
            return Failure{value.error()};
        return value.error() == Errc::too_large ? Peer{State::unknown} : Peer{};
    }

    store::Client<H>* store_;
    Node node_;
    store::Watch<H> own_;
    std::optional<store::Watch<H>> other_;
    Peer last_;
};

} // namespace lodger::xenbus
