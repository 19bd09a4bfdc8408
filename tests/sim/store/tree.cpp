#include <lodger/tests/sim/store/tree.hpp>

#include <algorithm>

namespace lodger::sim {
namespace {

constexpr std::size_t longest_record = 2048; // the C daemon's quota "node-size"

bool is_privileged(lodger::Domain who)
{
    return who.value == 0;
}

std::string below(std::string_view path)
{
    return path == "/" ? "/" : std::string{path} + "/";
}

} // namespace

bool Node::allows(lodger::Domain who, char what) const
{
    if (is_privileged(who) || owner() == who.value)
        return true;
    char may = permissions.front().may;
    for (std::size_t i = 1; i < permissions.size(); ++i) {
        if (permissions[i].domain == who.value)
            may = permissions[i].may;
    }
    return may == what || may == 'b';
}

Tree::Tree()
{
    nodes_["/"] = {{}, {{'n', 0}}, 0};
}

std::uint64_t Tree::next_generation()
{
    // Copies of a tree must not give the same number to different changes.
    static std::uint64_t generation = 0;
    return ++generation;
}

std::string_view Tree::parent(std::string_view path)
{
    std::size_t const slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

Node const* Tree::find(std::string_view path) const
{
    auto const found = nodes_.find(path);
    return found == nodes_.end() ? nullptr : &found->second;
}

Node const& Tree::nearest(std::string_view path) const
{
    while (true) {
        if (Node const* const node = find(path))
            return *node;
        path = parent(path);
    }
}

bool Tree::may_read(lodger::Domain who, std::string_view path) const
{
    return nearest(path).allows(who, 'r');
}

Answer<Node const*> Tree::read(lodger::Domain who, std::string_view path) const
{
    if (!may_read(who, path))
        return Refusal{"EACCES"};
    Node const* const node = find(path);
    if (!node)
        return Refusal{"ENOENT"};
    return node;
}

Answer<std::string> Tree::directory(lodger::Domain who, std::string_view path) const
{
    if (auto const node = read(who, path); !node)
        return Refusal{node.error()};
    std::string names;
    std::string const prefix = below(path);
    for (auto at = nodes_.upper_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix);
         ++at) {
        std::string_view const name = std::string_view{at->first}.substr(prefix.size());
        if (!name.contains('/'))
            names.append(name).push_back('\0');
    }
    return names;
}

Node& Tree::make(lodger::Domain who, std::string_view path, std::vector<std::string>& made)
{
    auto const found = nodes_.find(path);
    if (found != nodes_.end())
        return found->second;
    Node& above = make(who, parent(path), made);
    above.generation = next_generation(); // Its list of children is part of it.
    std::vector<Permission> permissions = above.permissions;
    if (!is_privileged(who))
        permissions.front().domain = who.value; // Whoever makes a node owns it.
    made.emplace_back(path);
    return nodes_[std::string{path}] = {{}, permissions, next_generation()};
}

Answer<> Tree::write(
    lodger::Domain who, std::string_view path, std::string_view value,
    std::vector<std::string>& made)
{
    if (!nearest(path).allows(who, 'w'))
        return Refusal{"EACCES"};
    if (!is_privileged(who) && value.size() > longest_record)
        return Refusal{"ENOSPC"};
    Node& node = make(who, path, made);
    node.value = value;
    node.generation = next_generation();
    return {};
}

Answer<> Tree::mkdir(lodger::Domain who, std::string_view path, std::vector<std::string>& made)
{
    if (find(path))
        return {};
    if (!nearest(path).allows(who, 'w'))
        return Refusal{"EACCES"};
    make(who, path, made);
    return {};
}

Answer<> Tree::rm(lodger::Domain who, std::string_view path, std::vector<std::string>& gone)
{
    if (path == "/")
        return Refusal{"EINVAL"};
    Node const* const node = find(path);
    if (!node) {
        if (!find(parent(path)))
            return Refusal{"ENOENT"};
        return nearest(path).allows(who, 'w') ? Answer<>{} : Refusal{"EACCES"};
    }
    if (!node->allows(who, 'w'))
        return Refusal{"EACCES"};
    gone.emplace_back(path);
    nodes_.erase(gone.back());
    nodes_.find(parent(path))->second.generation = next_generation();
    std::string const prefix = below(path);
    for (auto at = nodes_.upper_bound(prefix);
         at != nodes_.end() && at->first.starts_with(prefix);) {
        gone.push_back(at->first);
        at = nodes_.erase(at);
    }
    return {};
}

Answer<> Tree::set_permissions(
    lodger::Domain who, std::string_view path, std::vector<Permission> permissions)
{
    auto const found = nodes_.find(path);
    if (found == nodes_.end())
        return Refusal{"ENOENT"};
    if (!is_privileged(who) && found->second.owner() != who.value)
        return Refusal{"EACCES"};
    found->second.permissions = std::move(permissions);
    found->second.generation = next_generation();
    return {};
}

std::size_t Tree::nodes_of(lodger::Domain owner) const
{
    return static_cast<std::size_t>(std::ranges::count_if(
        nodes_, [&](auto const& entry) { return entry.second.owner() == owner.value; }));
}

void Tree::take_over(Tree const& other, std::string const& path)
{
    if (Node const* const node = other.find(path))
        nodes_[path] = *node;
    else
        nodes_.erase(path);
}

} // namespace lodger::sim
