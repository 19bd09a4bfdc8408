#include <lodger/tests/sim/store/transaction.hpp>

#include <algorithm>

namespace lodger::sim {
namespace {

std::uint64_t generation(Tree const& tree, std::string_view path)
{
    Node const* const node = tree.find(path);
    return node ? node->generation : 0;
}

} // namespace

Accessed* OpenTransaction::find(std::string_view path)
{
    auto const found = std::ranges::find(accessed, path, &Accessed::path);
    return found == accessed.end() ? nullptr : &*found;
}

Answer<Accessed*>
OpenTransaction::access(Tree const& committed, std::string const& path, std::size_t most_nodes)
{
    if (Accessed* const known = find(path))
        return known;
    if (accessed.size() >= most_nodes) {
        failed = true;
        return Refusal{"ENOSPC"};
    }
    Node const* const node = committed.find(path);
    accessed.push_back(
        {path, generation(committed, path), node ? node->permissions : Permissions{},
         node ? std::optional{*node} : std::nullopt});
    return &accessed.back();
}

/// Whether no domain gets too many nodes by it.
bool OpenTransaction::fits(Tree const& committed, StoreQuotas const& quotas) const
{
    std::map<std::uint16_t, std::ptrdiff_t> more;
    for (Accessed const& each : accessed) {
        if (each.now)
            ++more[each.now->owner()];
        if (!each.before.empty())
            --more[each.before.front().domain];
    }
    return std::ranges::none_of(more, [&](auto const& entry) {
        lodger::Domain const owner{entry.first};
        auto const count = static_cast<std::ptrdiff_t>(committed.nodes_of(owner)) + entry.second;
        return entry.second != 0 && !is_privileged(owner) &&
               count >= static_cast<std::ptrdiff_t>(quotas.nodes);
    });
}

Answer<std::vector<Change>>
OpenTransaction::commit_to(Tree& committed, lodger::Domain who, StoreQuotas const& quotas) const
{
    if (failed)
        return Refusal{"ENOMEM"};
    if (has_made && !is_privileged(who) && !fits(committed, quotas))
        return Refusal{"ENOSPC"};
    for (Accessed const& each : accessed) {
        if (each.generation != generation(committed, each.path))
            return Refusal{"EAGAIN"};
    }
    std::vector<Change> changes;
    for (Accessed const& each : accessed) {
        if (each.is_modified && each.now)
            committed.put(each.path, *each.now);
        else if (each.is_modified)
            committed.erase(each.path);
        if (each.fires)
            changes.push_back({each.path, *each.fires, each.before});
    }
    return changes;
}

} // namespace lodger::sim
