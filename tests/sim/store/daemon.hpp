#pragma once

#include <lodger/tests/sim/store/connection.hpp>
#include <lodger/tests/sim/store/nodes.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>

namespace lodger::sim {

/// One change of one node, as it was committed.
struct StoreRecord {
    Instant at;
    lodger::Domain by;
    std::string path;
    std::string value; ///< empty for a removal
    bool is_removal = false;
};

/// XenStore: a daemon in domain 0 which speaks the wire protocol with every domain, and for the
/// test a way in that needs no protocol. It does what the C daemon does, except that replies may
/// overtake each other.
class StoreDaemon {
public:
    explicit StoreDaemon(World& world);

    /// Connects a domain and makes its home.
    void introduce(Domain& domain);
    /// The same for a domain whose page is to be taken as it is.
    void connect(Domain& domain);
    /// Has the daemon forget a domain when it is done with what it is doing: the connection, with
    /// its watches and transactions, and the home.
    void release(Domain& domain);
    bool is_connected(Domain const& domain) const;

    // The test's way in: as domain 0, at once, from anywhere.
    void write(std::string_view path, std::string_view value);
    void rm(std::string_view path);
    std::optional<std::string> read(std::string_view path) const;
    /// @param permissions the owner and what others may first, as in `Node`
    void permit(std::string_view path, Permissions permissions);
    Tree const& tree() const { return tree_; }

    // What a test asks and sets.
    StoreQuotas quotas;
    std::vector<StoreRecord> const& history() const { return history_; }
    /// The values that a node had, one after another.
    std::vector<std::string> values_of(std::string_view path) const;
    StoreConnection& connection(Domain const& client);
    /// Does for a client what the C daemon does when it dies: no more of anything, and no word.
    void give_up_on(Domain const& client, std::uint32_t error)
    {
        connection(client).give_up(error);
    }
    /// What it offers all of its clients: bits of docs/misc/xenstore-ring.txt.
    void offer(std::uint32_t features);
    /// The daemon's process ends; what it knew of its clients is lost. `Fault::store_dies` has
    /// the same effect, at any step.
    void die();
    bool is_down() const { return down_; }
    /// Another one takes its place, with the nodes as they were.
    void restart();
    /// Asked where it may die.
    bool strikes_dead();
    /// A domain is no more.
    void bury(Domain const& gone);
    /// The value that a node had at an instant, if it was there.
    std::optional<std::string> value_at(std::string_view path, Instant at) const;

    /// From now on nothing is read and nothing answered, or all goes on.
    void silence(bool silent);
    /// Whatever a domain writes there from now on, this is what is kept; nothing at all if it has
    /// no value. @param path as the domain gives it
    void substitute(std::string path, std::optional<std::string> value)
    {
        substitutes_[std::move(path)] = std::move(value);
    }

private:
    void run();
    /// One round over all connections.
    /// @return when to look again; zero for at once
    Instant serve_all();
    void take_over();
    void forget(Domain& domain);
    bool serve(StoreConnection& connection);
    void handle(StoreConnection& connection, StoreMessage const& message);
    Answer<std::string>
    perform_or_substitute(StoreConnection& connection, StoreMessage const& message);
    void wake_up();
    /// Tells watches and the history of what was committed.
    void publish(lodger::Domain by, std::vector<Change> const& changes);
    bool may_see(lodger::Domain who, Change const& change) const;
    /// The nodes as domain 0 finds them.
    Nodes nodes() { return {tree_, nullptr, lodger::Domain{0}, quotas}; }

    // What the messages ask for (messages.cpp).
    Answer<std::string> perform(StoreConnection& connection, StoreMessage const& message);
    Answer<std::string> perform_on_node(StoreConnection& connection, StoreMessage const& message);
    Answer<> watch(StoreConnection& connection, std::string_view path, std::string_view rest);
    Answer<> unwatch(StoreConnection& connection, std::string_view path, std::string_view token);
    Answer<std::string> start_transaction(StoreConnection& connection);
    Answer<> end_transaction(StoreConnection& connection, std::uint32_t id, bool commit);

    World& world_;
    Domain& domain_;
    Tree tree_;
    std::vector<std::unique_ptr<StoreConnection>> connections_;
    Domain* releasing_ = nullptr;
    std::vector<StoreRecord> history_;
    std::map<std::string, std::optional<std::string>> substitutes_;
    WaitQueue changed_;
    std::uint32_t last_transaction_ = 0;
    bool silent_ = false;
    bool down_ = false;
    bool has_news_ = false; ///< something came while it served
    bool is_to_restart_ = false;
    std::uint32_t features_ = 0;
};

} // namespace lodger::sim
