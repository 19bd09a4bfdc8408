#pragma once

#include <lodger/tests/sim/store/transaction.hpp>

namespace lodger::sim {

/// What one request of a domain's does to nodes: to the committed ones, or in a transaction of its
/// own. What is checked, and in which order, is that of tools/xenstore/xenstored_core.c.
class Nodes {
public:
    /// @param transaction null for none
    Nodes(Tree& tree, OpenTransaction* transaction, lodger::Domain who, StoreQuotas const& quotas)
        : tree_{tree},
          transaction_{transaction},
          who_{who},
          quotas_{quotas}
    {
    }

    /// The node, if it may be read (`what` is 'r') or written ('w').
    Answer<Node const*> get(std::string const& path, char what);
    Answer<> write(std::string const& path, std::string_view value);
    Answer<> mkdir(std::string const& path);
    /// Removes a node with all below it.
    Answer<> rm(std::string const& path);
    Answer<> set_permissions(std::string const& path, Permissions permissions);

    /// What was changed at once, outside a transaction.
    std::vector<Change> take_changes() { return std::move(changes_); }

private:
    /// The node as it is, whoever may see it.
    Answer<Node const*> read(std::string const& path);
    /// To be changed: a node that was read.
    Node& changing(std::string const& path);
    void make(std::string const& path, Node node);
    void erase(std::string const& path);
    /// Whether this domain may have a node grow by so much.
    Answer<> check_size(Node const& node, std::size_t growth);
    void tell(Change change);

    Answer<> write_existing(std::string const& path, Node const& node, std::string_view value);
    Answer<> create(std::string const& path, std::string_view value);
    Answer<> remove(std::string const& path, bool exact, Permissions const& above);
    char const* unless_hidden(std::string_view path, char const* refusal, char what);

    Tree& tree_;
    OpenTransaction* transaction_;
    lodger::Domain who_;
    StoreQuotas const& quotas_;
    std::vector<Change> changes_;
};

} // namespace lodger::sim
