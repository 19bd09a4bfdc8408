#pragma once

#include <lodger/core/ids.hpp>

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lodger::sim {

/// An operation's value, or the daemon's word for why there is none, such as "ENOENT".
template <class T = void>
using Answer = std::expected<T, char const*>;
using Refusal = std::unexpected<char const*>;

/// Who may do what with a node, in the daemon's notation: the first entry names the owner and what
/// everybody may do, each other one a domain and what it may do (docs/misc/xenstore.txt). The
/// letters are `n`, `r`, `w` and `b`.
struct Permission {
    char may;
    std::uint16_t domain;
};

struct Node {
    std::string value;
    std::vector<Permission> permissions;
    std::uint64_t generation = 0; ///< changes whenever the node does

    std::uint16_t owner() const { return permissions.front().domain; }
    bool allows(lodger::Domain who, char what) const;
};

/// The nodes of XenStore, by absolute path. A value: a transaction works on a copy.
class Tree {
public:
    Tree();

    Node const* find(std::string_view path) const;
    /// Whether it may read the node, or see that there is none.
    bool may_read(lodger::Domain who, std::string_view path) const;
    Answer<Node const*> read(lodger::Domain who, std::string_view path) const;
    /// The names below a node, each ending in a NUL.
    Answer<std::string> directory(lodger::Domain who, std::string_view path) const;

    /// Writes a node, and makes it and what is missing above it. What it made, it appends to
    /// `made`, outermost first.
    Answer<> write(
        lodger::Domain who, std::string_view path, std::string_view value,
        std::vector<std::string>& made);
    Answer<> mkdir(lodger::Domain who, std::string_view path, std::vector<std::string>& made);
    /// Removes a node with all below it, and appends their paths to `gone`.
    Answer<> rm(lodger::Domain who, std::string_view path, std::vector<std::string>& gone);
    Answer<>
    set_permissions(lodger::Domain who, std::string_view path, std::vector<Permission> permissions);

    std::size_t nodes_of(lodger::Domain owner) const;

    /// Makes this node what it is in `other`, be it absent.
    void take_over(Tree const& other, std::string const& path);

    static std::string_view parent(std::string_view path);

private:
    /// The node, or what is nearest above it, whose permissions are what counts.
    Node const& nearest(std::string_view path) const;
    Node& make(lodger::Domain who, std::string_view path, std::vector<std::string>& made);

    std::map<std::string, Node, std::less<>> nodes_;
    static std::uint64_t next_generation();
};

} // namespace lodger::sim
