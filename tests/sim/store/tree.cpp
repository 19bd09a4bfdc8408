#include <lodger/tests/sim/store/tree.hpp>

#include <utility>

namespace lodger::sim {

bool allows(Permissions const& permissions, lodger::Domain who, char what)
{
    if (is_privileged(who) || permissions.front().domain == who.value)
        return true;
    char may = permissions.front().may;
    for (std::size_t i = permissions.size() - 1; i > 0; --i) {
        if (permissions[i].domain == who.value)
            may = permissions[i].may; // The first that names it counts.
    }
    return may == what || may == 'b';
}

std::size_t Node::record_size() const
{
    // tools/xenstore/include/xenstore_lib.h: the header, and 8 bytes for each permission.
    std::size_t size = 24 + 8 * permissions.size() + value.size();
    for (std::string const& child : children)
        size += child.size() + 1;
    return size;
}

Tree::Tree()
{
    put("/", {{}, {{'n', 0}}});
}

Node const* Tree::find(std::string_view path) const
{
    auto const found = nodes_.find(path);
    return found == nodes_.end() ? nullptr : &found->second;
}

void Tree::put(std::string const& path, Node node)
{
    erase(path);
    ++owned_[node.owner()];
    node.generation = ++generation_;
    nodes_.emplace(path, std::move(node));
}

Node& Tree::changing(std::string_view path)
{
    Node& node = nodes_.find(path)->second;
    node.generation = ++generation_;
    return node;
}

void Tree::erase(std::string const& path)
{
    auto const found = nodes_.find(path);
    if (found == nodes_.end())
        return;
    --owned_[found->second.owner()];
    nodes_.erase(found);
}

std::size_t Tree::nodes_of(lodger::Domain owner) const
{
    auto const found = owned_.find(owner.value);
    return found == owned_.end() ? 0 : found->second;
}

std::string_view Tree::parent(std::string_view path)
{
    std::size_t const slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

} // namespace lodger::sim
