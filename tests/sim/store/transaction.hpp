#pragma once

#include <lodger/tests/sim/store/answer.hpp>
#include <lodger/tests/sim/store/quotas.hpp>
#include <lodger/tests/sim/store/tree.hpp>

#include <deque>
#include <optional>

namespace lodger::sim {

/// A change that watches will tell of.
struct Change {
    std::string path;
    bool exact = false;   ///< a node that went with one above it: only its own watches fire
    Permissions before{}; ///< also who could read the node before is told
    Permissions above{};  ///< of the parent, for a node that is no more
};

/// What a transaction has seen of one node, and made of it.
struct Accessed {
    std::string path;
    std::uint64_t generation; ///< when it was first looked at; 0 if there was none
    Permissions before;       ///< the same way; empty if there was none
    std::optional<Node> now;
    bool is_modified = false;
    std::optional<bool> fires{}; ///< whether its change is to be told, and is `exact`
};

/// A transaction that is open at the daemon. No snapshot: each node is looked at when it is first
/// needed, and the whole can be committed only while all of them are what they were then
/// (tools/xenstore/xenstored_transaction.c).
struct OpenTransaction {
    std::uint32_t id;
    bool failed = false;   ///< it cannot be committed any more
    bool has_made = false; ///< a node
    std::deque<Accessed> accessed{};

    Accessed* find(std::string_view path);

    /// The node, which is looked at now if it was not before.
    Answer<Accessed*>
    access(Tree const& committed, std::string const& path, std::size_t most_nodes);

    /// Does what was done in it to `committed`.
    /// @return what there is to tell
    Answer<std::vector<Change>>
    commit_to(Tree& committed, lodger::Domain who, StoreQuotas const& quotas) const;

private:
    bool fits(Tree const& committed, StoreQuotas const& quotas) const;
};

} // namespace lodger::sim
