#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <charconv>

// What the daemon does for each type of message (docs/misc/xenstore.txt).

namespace lodger::sim {
namespace {

bool is_privileged(lodger::Domain who)
{
    return who.value == 0;
}

/// Splits at the first NUL.
std::pair<std::string_view, std::string_view> split(std::string_view text)
{
    std::size_t const end = text.find('\0');
    if (end == text.npos)
        return {text, {}};
    return {text.substr(0, end), text.substr(end + 1)};
}

std::string absolute(StoreConnection const& connection, std::string_view path)
{
    bool const is_complete = path.starts_with('/') || path.starts_with('@');
    return is_complete ? std::string{path} : connection.home() + "/" + std::string{path};
}

bool is_valid(std::string_view given, std::string_view path)
{
    std::size_t const most =
        given.starts_with('/') ? store::longest_absolute_path : store::longest_relative_path;
    auto const allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || std::string_view{"-/_@"}.contains(c);
    };
    if (given.empty() || given.size() > most || path.contains("//"))
        return false;
    return (path == "/" || !path.ends_with('/')) && std::ranges::all_of(path, allowed);
}

std::string print(std::vector<Permission> const& permissions)
{
    std::string text;
    for (Permission const& permission : permissions)
        text += permission.may + std::to_string(permission.domain) + '\0';
    return text;
}

std::vector<Permission> parse_permissions(std::string_view text)
{
    std::vector<Permission> permissions;
    while (!text.empty()) {
        auto const [entry, rest] = split(text);
        std::uint16_t domain = 0;
        if (entry.size() > 1)
            std::from_chars(entry.data() + 1, entry.data() + entry.size(), domain);
        permissions.push_back({entry.empty() ? 'n' : entry.front(), domain});
        text = rest;
    }
    return permissions;
}

Answer<std::string> ok(Answer<> const& done)
{
    if (!done)
        return Refusal{done.error()};
    return std::string{"OK\0", 3};
}

} // namespace

Answer<std::string> StoreDaemon::perform(StoreConnection& connection, StoreMessage const& message)
{
    auto const [first, rest] = split(message.payload);
    switch (message.header.type) {
    case XS_DIRECTORY:
    case XS_DIRECTORY_PART:
    case XS_READ:
    case XS_GET_PERMS:
    case XS_WRITE:
    case XS_MKDIR:
    case XS_RM:
    case XS_SET_PERMS: return perform_on_node(connection, message);
    case XS_WATCH: return ok(watch(connection, first, rest));
    case XS_UNWATCH: return ok(unwatch(connection, first, split(rest).first));
    case XS_TRANSACTION_START: return start_transaction(connection);
    case XS_TRANSACTION_END:
        return ok(end_transaction(connection, message.header.tx_id, first == "T"));
    case XS_GET_DOMAIN_PATH: return "/local/domain/" + std::string{first} + '\0';
    case XS_RESET_WATCHES:
        connection.watches.clear();
        connection.transactions.clear();
        return ok({});
    default: return Refusal{"ENOSYS"};
    }
}

Answer<std::string>
StoreDaemon::perform_on_node(StoreConnection& connection, StoreMessage const& message)
{
    auto const [given, rest] = split(message.payload);
    std::string const path = absolute(connection, given);
    std::uint32_t const type = message.header.type;
    lodger::Domain const who = connection.client().id();
    Faults& faults = connection.client().faults();
    if (!is_valid(given, path))
        return Refusal{"EINVAL"};
    auto const open =
        std::ranges::find(connection.transactions, message.header.tx_id, &OpenTransaction::id);
    bool const in_transaction = message.header.tx_id != 0;
    if (in_transaction && open == connection.transactions.end())
        return Refusal{"ENOENT"};
    OpenTransaction* const transaction = in_transaction ? &*open : nullptr;
    Tree& tree = transaction ? transaction->tree : tree_;
    if (transaction)
        transaction->touched.insert(path);
    if (faults.strikes(Fault::store_denied))
        return Refusal{"EACCES"};
    if (type == XS_DIRECTORY)
        return tree.directory(who, path);
    if (type == XS_DIRECTORY_PART)
        return directory_part(tree, who, path, split(rest).first);
    if (type != XS_READ && type != XS_GET_PERMS)
        return ok(change(tree, who, type, path, rest, transaction));
    auto const node = tree.read(who, path);
    if (!node)
        return Refusal{node.error()};
    return type == XS_READ ? (*node)->value : print((*node)->permissions);
}

Answer<> StoreDaemon::change(
    Tree& tree, lodger::Domain who, std::uint32_t type, std::string const& path,
    std::string_view value, OpenTransaction* transaction)
{
    bool const makes = (type == XS_WRITE || type == XS_MKDIR) && !tree.find(path);
    if (makes && !is_privileged(who)) {
        bool const full = tree.nodes_of(who) >= quotas.nodes;
        if (full || world_.find(who)->faults().strikes(Fault::store_no_space))
            return Refusal{"ENOSPC"};
    }
    std::vector<std::string> made;
    std::vector<std::string> gone;
    Answer<> done;
    if (type == XS_WRITE)
        done = tree.write(who, path, value, made);
    else if (type == XS_MKDIR)
        done = tree.mkdir(who, path, made);
    else if (type == XS_RM)
        done = tree.rm(who, path, gone);
    else
        done = tree.set_permissions(who, path, parse_permissions(value));
    bool const nothing_new = (type == XS_MKDIR && made.empty()) || (type == XS_RM && gone.empty());
    if (!done || nothing_new)
        return done;
    std::vector<Change> changes{{path, false}};
    for (std::string const& each : gone) {
        if (each != path)
            changes.push_back({each, true});
    }
    if (!transaction) {
        for (Change const& each : changes)
            publish(who, each);
        return {};
    }
    for (auto const* const list : {&made, &gone}) {
        for (std::string const& each : *list) {
            transaction->touched.insert(each);
            transaction->touched.emplace(Tree::parent(each));
        }
    }
    std::ranges::move(changes, std::back_inserter(transaction->changes));
    return {};
}

/// As many names, whole, as one message holds: the list's generation, the names from `offset` on,
/// and one more NUL after the last of all.
Answer<std::string> StoreDaemon::directory_part(
    Tree const& tree, lodger::Domain who, std::string const& path, std::string_view offset)
{
    auto const all = tree.directory(who, path);
    std::size_t from = 0;
    std::from_chars(offset.data(), offset.data() + offset.size(), from);
    if (!all || from > all->size())
        return Refusal{all ? "EINVAL" : all.error()};
    std::string part = std::to_string(tree.find(path)->generation) + '\0';
    std::size_t const room = store::most_payload - part.size() - 1;
    std::string_view const rest = std::string_view{*all}.substr(from);
    bool const is_last = rest.size() <= room;
    part += is_last ? rest : rest.substr(0, rest.rfind('\0', room - 1) + 1);
    if (is_last)
        part += '\0';
    return part;
}

Answer<>
StoreDaemon::watch(StoreConnection& connection, std::string_view path, std::string_view rest)
{
    bool const is_relative = !path.starts_with('/') && !path.starts_with('@');
    auto const [token, depth] = split(rest);
    RegisteredWatch added{absolute(connection, path), std::string{token}, is_relative};
    if (!depth.empty())
        std::from_chars(depth.data(), depth.data() + depth.size(), added.depth.emplace());
    if (!is_valid(path, added.path))
        return Refusal{"EINVAL"};
    for (RegisteredWatch const& other : connection.watches) {
        if (other.path == added.path && other.token == added.token)
            return Refusal{"EEXIST"};
    }
    if (!is_privileged(connection.client().id()) && connection.watches.size() >= quotas.watches)
        return Refusal{"E2BIG"};
    connection.watches.push_back(added);
    return {};
}

Answer<>
StoreDaemon::unwatch(StoreConnection& connection, std::string_view path, std::string_view token)
{
    std::string const whole = absolute(connection, path);
    auto const gone = std::erase_if(connection.watches, [&](RegisteredWatch const& watch) {
        return watch.path == whole && watch.token == token;
    });
    return gone == 0 ? Answer<>{Refusal{"ENOENT"}} : Answer<>{};
}

Answer<std::string> StoreDaemon::start_transaction(StoreConnection& connection)
{
    bool const full = connection.transactions.size() >= quotas.transactions;
    if (full && !is_privileged(connection.client().id()))
        return Refusal{"ENOSPC"};
    connection.transactions.push_back({.id = ++last_transaction_, .before = tree_});
    return std::to_string(last_transaction_) + '\0';
}

Answer<> StoreDaemon::end_transaction(StoreConnection& connection, std::uint32_t id, bool commit)
{
    auto const open = std::ranges::find(connection.transactions, id, &OpenTransaction::id);
    if (open == connection.transactions.end())
        return Refusal{"ENOENT"};
    OpenTransaction const ended = std::move(*open);
    connection.transactions.erase(open);
    if (!commit)
        return {};
    bool const conflict = connection.client().faults().strikes(Fault::store_conflict);
    if (conflict || !ended.commit_to(tree_))
        return Refusal{"EAGAIN"};
    for (Change const& change : ended.changes)
        publish(connection.client().id(), change);
    return {};
}

} // namespace lodger::sim
