#pragma once

#include <lodger/core/ids.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lodger::sim {

/// Domain 0 may do everything, without bounds.
inline bool is_privileged(lodger::Domain who)
{
    return who.value == 0;
}

/// Who may do what with a node, in the daemon's notation: the first entry names the owner and what
/// everybody may do, each other one a domain and what it may do (docs/misc/xenstore.txt). The
/// letters are `n`, `r`, `w` and `b`.
struct Permission {
    char may;
    std::uint16_t domain;
};
using Permissions = std::vector<Permission>;

bool allows(Permissions const& permissions, lodger::Domain who, char what);

/// A node as the daemon keeps it: what it holds and the names of its children are one record, with
/// one generation.
struct Node {
    std::string value;
    Permissions permissions;
    std::vector<std::string> children{}; ///< in the order in which they were made
    std::uint64_t generation = 0;        ///< another one after each change

    std::uint16_t owner() const { return permissions.front().domain; }
    bool allows(lodger::Domain who, char what) const { return sim::allows(permissions, who, what); }
    /// Its size in the daemon's database, which its quota bounds.
    std::size_t record_size() const;
};

/// The nodes of XenStore that are committed, by absolute path.
class Tree {
public:
    Tree();

    Node const* find(std::string_view path) const;
    /// Puts a node there, with a generation of its own.
    void put(std::string const& path, Node node);
    /// The node that is there, to be changed in all but its owner.
    Node& changing(std::string_view path);
    void erase(std::string const& path);

    /// How many nodes a domain owns.
    std::size_t nodes_of(lodger::Domain owner) const;

    static std::string_view parent(std::string_view path);
    static std::string_view name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

private:
    std::map<std::string, Node, std::less<>> nodes_;
    std::map<std::uint16_t, std::size_t> owned_;
    std::uint64_t generation_ = 0;
};

} // namespace lodger::sim
