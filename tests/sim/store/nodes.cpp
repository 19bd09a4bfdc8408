#include <lodger/tests/sim/store/nodes.hpp>

#include <algorithm>
#include <utility>

namespace lodger::sim {
namespace {

using namespace std::literals;

constexpr std::size_t unlimited = ~std::size_t{0};

/// A quota that was hit while looking is said as it is; anything else may have to be hidden.
bool is_quota(char const* refusal)
{
    return refusal == "ENOSPC"sv;
}

bool is_missing(Answer<Node const*> const& node)
{
    return !node && node.error() == "ENOENT"sv;
}

} // namespace

Answer<Node const*> Nodes::read(std::string const& path)
{
    Node const* node = nullptr;
    if (transaction_) {
        std::size_t const most = is_privileged(who_) ? unlimited : quotas_.transaction_nodes;
        auto const accessed = transaction_->access(tree_, path, most);
        if (!accessed)
            return Refusal{accessed.error()};
        node = (*accessed)->now ? &*(*accessed)->now : nullptr;
    } else {
        node = tree_.find(path);
    }
    return node ? Answer<Node const*>{node} : Refusal{"ENOENT"};
}

Node& Nodes::changing(std::string const& path)
{
    if (!transaction_)
        return tree_.changing(path);
    Accessed& accessed = *transaction_->find(path);
    accessed.is_modified = true;
    return *accessed.now;
}

void Nodes::make(std::string const& path, Node node)
{
    if (!transaction_)
        return tree_.put(path, std::move(node));
    Accessed& accessed = *transaction_->find(path); // It was looked for before.
    accessed.now = std::move(node);
    accessed.is_modified = true;
}

void Nodes::erase(std::string const& path)
{
    if (!transaction_)
        return tree_.erase(path);
    Accessed& accessed = *transaction_->find(path);
    accessed.now.reset();
    accessed.is_modified = true;
}

void Nodes::tell(Change change)
{
    if (!transaction_)
        return changes_.push_back(std::move(change));
    auto& fires = transaction_->find(change.path)->fires;
    fires = change.exact && fires.value_or(true);
}

Answer<> Nodes::check_size(Node const& node, std::size_t growth)
{
    if (is_privileged(who_) || node.record_size() + growth < quotas_.record)
        return {};
    if (transaction_)
        transaction_->failed = true;
    return Refusal{"ENOSPC"};
}

Answer<Node const*> Nodes::get(std::string const& path, char what)
{
    auto const node = read(path);
    if (node && (*node)->allows(who_, what))
        return node;
    if (!node && is_quota(node.error()))
        return node;
    return Refusal{unless_hidden(path, node ? "EACCES" : node.error(), what)};
}

/// Who may do nothing with what is above a node does not learn whether there is one.
char const* Nodes::unless_hidden(std::string_view path, char const* refusal, char what)
{
    while (true) {
        path = Tree::parent(path);
        auto const above = read(std::string{path});
        if (above)
            return (*above)->allows(who_, what) ? refusal : "EACCES";
        if (is_quota(above.error()))
            return above.error();
    }
}

Answer<> Nodes::write(std::string const& path, std::string_view value)
{
    auto const node = get(path, 'w');
    if (!node && !is_missing(node))
        return Refusal{node.error()};
    auto const done = node ? write_existing(path, **node, value) : create(path, value);
    if (done)
        tell({path});
    return done;
}

Answer<> Nodes::write_existing(std::string const& path, Node const& node, std::string_view value)
{
    if (auto const fits = check_size(node, value.size() - node.value.size()); !fits)
        return fits;
    changing(path).value = value;
    return {};
}

Answer<> Nodes::mkdir(std::string const& path)
{
    auto const node = get(path, 'w');
    if (!is_missing(node))
        return node ? Answer<>{} : Refusal{node.error()};
    auto const done = create(path, {});
    if (done)
        tell({path});
    return done;
}

/// Makes a node and what is missing above it.
Answer<> Nodes::create(std::string const& path, std::string_view value)
{
    std::vector<std::string> missing; // innermost first
    std::string above = path;
    Answer<Node const*> parent;
    do {
        missing.push_back(above);
        above = Tree::parent(above);
        parent = read(above);
    } while (is_missing(parent));
    if (!parent)
        return Refusal{parent.error()};
    Permissions permissions = (*parent)->permissions;
    if (!is_privileged(who_))
        permissions.front().domain = who_.value; // Whoever makes a node owns it.
    // Those made in a transaction are counted when it is committed.
    std::size_t const more = transaction_ ? 1 : missing.size();
    if (!is_privileged(who_) && tree_.nodes_of(who_) + more > quotas_.nodes)
        return Refusal{"ENOSPC"};
    if (transaction_)
        transaction_->has_made = true;
    auto const name = Tree::name(missing.back());
    if (auto const fits = check_size({std::string{value}, permissions}, 0); !fits)
        return fits;
    if (auto const fits = check_size(**parent, name.size() + 1); !fits)
        return fits;
    for (std::size_t i = 0; i < missing.size(); ++i) {
        Node node{i == 0 ? std::string{value} : std::string{}, permissions};
        if (i > 0)
            node.children.emplace_back(Tree::name(missing[i - 1]));
        make(missing[i], std::move(node));
    }
    changing(above).children.emplace_back(name);
    return {};
}

Answer<> Nodes::rm(std::string const& path)
{
    std::string const above{Tree::parent(path)};
    auto const node = get(path, 'w');
    if (!node) {
        // What is not there has been removed, if it could have been there.
        bool const fine = is_missing(node) && read(above);
        return fine ? Answer<>{} : Refusal{node.error()};
    }
    if (path == "/")
        return Refusal{"EINVAL"};
    auto const parent = read(above);
    if (!parent)
        return Refusal{parent.error()};
    if (auto const done = remove(path, false, (*parent)->permissions); !done)
        return done;
    std::erase(changing(above).children, Tree::name(path));
    return {};
}

/// Removes a node, after all that is below it.
Answer<> Nodes::remove(std::string const& path, bool exact, Permissions const& above)
{
    auto const found = read(path);
    if (!found)
        return Refusal{found.error()};
    Node const node = **found;
    for (std::string const& name : node.children) {
        if (auto const done = remove(path + "/" + name, true, node.permissions); !done)
            return done;
    }
    erase(path);
    tell({path, exact, node.permissions, above});
    return {};
}

Answer<> Nodes::set_permissions(std::string const& path, Permissions permissions)
{
    if (!is_privileged(who_) && permissions.size() > quotas_.permissions)
        return Refusal{"ENOSPC"};
    auto const node = get(path, 'w');
    if (!node)
        return Refusal{node.error()};
    if (!is_privileged(who_) && (*node)->owner() != who_.value)
        return Refusal{"EACCES"};
    // Another could be made to pay for what it did not make.
    if (!is_privileged(who_) && permissions.front().domain != who_.value)
        return Refusal{"EPERM"};
    Node changed = **node;
    Permissions const before = std::exchange(changed.permissions, std::move(permissions));
    if (auto const fits = check_size(changed, 0); !fits)
        return fits;
    make(path, std::move(changed));
    tell({path, false, before});
    return {};
}

} // namespace lodger::sim
