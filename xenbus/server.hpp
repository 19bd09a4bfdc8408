#pragma once

#include <lodger/core/wait.hpp>
#include <lodger/xenbus/backend.hpp>
#include <lodger/xenbus/node.hpp>

namespace lodger::xenbus {

/// Reads who is at the other end of a device that we serve.
/// @param path `backend/<type>/<frontend-id>/<device>`
/// @return `no_device` if there is no such device, `protocol` if its keys make no sense
template <Hypervisor H>
Result<Node> read_served_node(store::Client<H>& store, std::string_view path, Deadline deadline)
{
    Node node;
    node.path = LODGER_TRY(NodePath::of(path));
    std::array<char, longest_path> frontend_buffer;
    std::array<char, 16> id_buffer;
    std::array<char, 16> state_buffer;
    store::Operations<H> operations = store.operations();
    store::Batch<H> batch{store.connection()};
    LODGER_TRY(operations.begin_read(batch, {path, "frontend"}, frontend_buffer, deadline));
    LODGER_TRY(operations.begin_read(batch, {path, "frontend-id"}, id_buffer, deadline));
    LODGER_TRY(operations.begin_read(batch, {path, "state"}, state_buffer, deadline));
    auto const frontend = batch.finish(deadline);
    if (!frontend && frontend.error() == Errc::not_found)
        return Failure{Errc::no_device};
    node.other_end = LODGER_TRY(NodePath::of(LODGER_TRY(frontend)));
    if (!node.other_end.view().starts_with('/'))
        return Failure{Errc::protocol};
    node.other_domain = LODGER_TRY(store::Codec<Domain>::parse(LODGER_TRY(batch.finish(deadline))));
    auto const state = batch.finish(deadline);
    if (!state && state.error() == Errc::not_found)
        return Failure{Errc::no_device};
    node.state = state_of(LODGER_TRY(state));
    return node;
}

/// What a device that we serve is at a given time.
struct ServerStatus {
    Node const& node;
    State own;
    Peer frontend;
    Hotplug hotplug;
    std::string_view waiting_for; ///< empty when nothing is
};

/// What the backend waits for, in words.
template <BackendDriver Driver>
std::string_view waiting_for(Backend<Driver> const& backend, Hotplug hotplug)
{
    switch (backend.state()) {
    case State::initialising: return "the frontend's directory";
    case State::init_wait:
    case State::initialised:
        return hotplug == Hotplug::pending ? "the medium (hotplug-status)"
                                           : "the frontend's offer (Initialised)";
    case State::reconfigured: return "the frontend to go on (Connected)";
    case State::closing: return "the frontend to close (Closed)";
    case State::closed: return "the frontend to begin anew, or the toolstack to remove the device";
    case State::unknown:
    case State::connected:
    case State::reconfiguring: return "";
    }
    return "";
}

/// The backend machine with waiting around it: follows the frontend, the hotplug script and what
/// it is told from elsewhere, for as long as the device has a directory. One thread runs it, and
/// it alone moves the machine; the others leave a word. Owns two watches.
///
/// A backend serves whoever comes whenever they come, so its idle wait has no deadline; each
/// exchange with XenStore has one. What it waits for is in `status()`.
template <Hypervisor H, BackendDriver Driver>
class Server {
public:
    Server(store::Client<H>& store, Driver& driver) : store_{store}, backend_{driver} {}
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    /// Call once, before `run`.
    /// @param waits_for_hotplug false for a medium that is there without any script
    Result<> open(Node const& node, bool waits_for_hotplug)
    {
        node_ = node;
        waits_for_hotplug_ = waits_for_hotplug;
        frontend_.emplace(LODGER_TRY(store_.watch({node_.other_end.view(), "state"})));
        own_.emplace(LODGER_TRY(store_.watch(node_.path.view())));
        return {};
    }

    /// Serves the device until its directory is gone, which is no error, or `stop` is called.
    /// Everything that was shared with the frontend has been given up by then.
    Result<> run()
    {
        auto const outcome = follow();
        backend_.release();
        bool const is_over = !outcome && outcome.error() == Errc::no_device;
        return is_over ? Result<>{} : outcome;
    }

    Backend<Driver>& backend() { return backend_; }
    ServerStatus status() const
    {
        return {node_, backend_.state(), peer_, hotplug_, waiting_for(backend_, hotplug_)};
    }

    // What other threads and listeners may ask; done by the thread in `run` as soon as it can.

    /// Reports an error and closes the device.
    void fail(Errc why) { leave(error_, why); }
    /// Closes the device in order.
    void close() { leave(close_, true); }
    /// Publishes what the device is once more.
    void announce() { leave(announce_, true); }
    void reconfigure() { leave(reconfigure_, true); }
    /// Ends `run` without a word to anybody.
    void stop() { leave(stop_, true); }

private:
    Result<> follow()
    {
        while (!stop_) {
            LODGER_TRY(look());
            LODGER_TRY(do_what_was_asked());
            LODGER_TRY(backend_.look(peer_, hotplug_));
            LODGER_TRY(wait());
        }
        return {};
    }

    /// Reads what the frontend says, and what the toolstack and its scripts say in our directory.
    Result<> look()
    {
        own_->discard_events();
        frontend_->discard_events();
        Deadline const deadline = store_.patience();
        std::array<char, 16> own;
        std::array<char, 32> hotplug;
        std::array<char, 16> frontend;
        store::Operations<H> operations = store_.operations();
        store::Batch<H> batch{store_.connection()};
        std::string_view const path = node_.path;
        LODGER_TRY(operations.begin_read(batch, {path, "state"}, own, deadline));
        LODGER_TRY(operations.begin_read(batch, {path, "hotplug-status"}, hotplug, deadline));
        LODGER_TRY(
            operations.begin_read(batch, {node_.other_end.view(), "state"}, frontend, deadline));
        if (!LODGER_TRY(text_of_key(batch.finish(deadline))))
            return Failure{Errc::no_device};
        hotplug_ = hotplug_of(LODGER_TRY(text_of_key(batch.finish(deadline))));
        auto const state = LODGER_TRY(text_of_key(batch.finish(deadline)));
        Peer const before = std::exchange(peer_, state ? Peer{state_of(*state)} : Peer{});
        if (peer_ != before)
            trace(
                store_.hypervisor(), Topic::xenbus, node_.other_end.view(), " is ",
                peer_ ? name(*peer_) : "not there");
        return {};
    }

    /// What a key holds; nothing if it is not there. A path is as unreadable as what is left above
    /// it, and what is too long is nonsense.
    static Result<std::optional<std::string_view>>
    text_of_key(Result<std::string_view> const& value)
    {
        if (value)
            return std::optional{*value};
        if (value.error() == Errc::not_found || value.error() == Errc::denied)
            return std::optional<std::string_view>{};
        if (value.error() == Errc::too_large)
            return std::optional<std::string_view>{""};
        return Failure{value.error()};
    }

    Hotplug hotplug_of(std::optional<std::string_view> status) const
    {
        if (status == "connected")
            return Hotplug::connected;
        if (status == "error")
            return Hotplug::failed;
        return waits_for_hotplug_ ? Hotplug::pending : Hotplug::connected;
    }

    Result<> do_what_was_asked()
    {
        if (auto const why = std::exchange(error_, std::nullopt))
            LODGER_TRY(backend_.fail(*why));
        if (std::exchange(close_, false))
            LODGER_TRY(backend_.close());
        if (std::exchange(announce_, false))
            LODGER_TRY(backend_.announce());
        if (std::exchange(reconfigure_, false))
            LODGER_TRY(backend_.reconfigure());
        return {};
    }

    bool has_news() const
    {
        return frontend_->has_event() || own_->has_event() || error_ || close_ || announce_ ||
               reconfigure_ || stop_;
    }

    Result<> wait()
    {
        while (!has_news()) {
            // One that was used is of no more use; nobody holds this one now.
            cancellation_.emplace();
            auto const waited = store_.connection().wait({Instant::max(), &*cancellation_});
            if (!waited && waited.error() != Errc::cancelled)
                return waited;
            if (!waited && !has_news())
                return waited; // The hypervisor's own word: the thread is to end.
        }
        return {};
    }

    template <class Word, class Value>
    void leave(Word& word, Value value)
    {
        word = value;
        if (cancellation_)
            cancellation_->request(store_.hypervisor());
    }

    store::Client<H>& store_;
    Node node_;
    bool waits_for_hotplug_ = true;
    Hotplug hotplug_ = Hotplug::pending;
    Backend<Driver> backend_;
    Peer peer_;
    std::optional<store::Watch<H>> frontend_;
    std::optional<store::Watch<H>> own_;
    std::optional<Cancellation> cancellation_;
    std::optional<Errc> error_;
    bool close_ = false;
    bool announce_ = false;
    bool reconfigure_ = false;
    bool stop_ = false;
};

} // namespace lodger::xenbus
