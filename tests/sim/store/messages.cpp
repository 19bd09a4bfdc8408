#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <charconv>

// What the daemon does for each type of message (docs/misc/xenstore.txt).

namespace lodger::sim {
namespace {

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

std::string print(Permissions const& permissions)
{
    std::string text;
    for (Permission const& permission : permissions)
        text += permission.may + std::to_string(permission.domain) + '\0';
    return text;
}

Permissions parse_permissions(std::string_view text)
{
    Permissions permissions;
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

/// The names below a node, each ending in a NUL.
std::string names_of(Node const& node)
{
    std::string names;
    for (std::string const& name : node.children)
        names += name + '\0';
    return names;
}

/// As many names, whole, as one message holds: the list's generation, the names from `offset` on,
/// and one more NUL after the last of all.
Answer<std::string> directory_part(Node const& node, std::string_view offset)
{
    std::string const all = names_of(node);
    std::size_t from = 0;
    std::from_chars(offset.data(), offset.data() + offset.size(), from);
    if (from > all.size())
        return Refusal{"EINVAL"};
    std::string part = std::to_string(node.generation) + '\0';
    std::size_t const room = store::most_payload - part.size() - 1;
    std::string_view const rest = std::string_view{all}.substr(from);
    bool const is_last = rest.size() <= room;
    part += is_last ? rest : rest.substr(0, rest.rfind('\0', room - 1) + 1);
    if (is_last)
        part += '\0';
    return part;
}

Answer<> change(Nodes& nodes, std::uint32_t type, std::string const& path, std::string_view value)
{
    switch (type) {
    case XS_WRITE: return nodes.write(path, value);
    case XS_MKDIR: return nodes.mkdir(path);
    case XS_RM: return nodes.rm(path);
    default: return nodes.set_permissions(path, parse_permissions(value));
    }
}

/// What a fault has the daemon say to a request for a node.
char const* injected(Faults& faults, std::uint32_t type)
{
    if (faults.strikes(Fault::store_denied))
        return "EACCES";
    bool const may_grow = type == XS_WRITE || type == XS_MKDIR;
    return may_grow && faults.strikes(Fault::store_no_space) ? "ENOSPC" : nullptr;
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
    case store::get_feature_type:
        return std::to_string(connection.client().store_page().server_features) + '\0';
    case XS_RESET_WATCHES:
        connection.watches.clear();
        connection.transactions.clear();
        return ok({});
    case XS_CONTROL:
    case XS_INTRODUCE:
    case XS_RELEASE:
    case XS_IS_DOMAIN_INTRODUCED:
    case XS_RESUME:
    case XS_SET_TARGET:
        return Refusal{is_privileged(connection.client().id()) ? "ENOSYS" : "EACCES"};
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
    if (!is_valid(given, path))
        return Refusal{"EINVAL"};
    auto const open =
        std::ranges::find(connection.transactions, message.header.tx_id, &OpenTransaction::id);
    bool const in_transaction = message.header.tx_id != 0;
    if (in_transaction && open == connection.transactions.end())
        return Refusal{"ENOENT"};
    if (auto const refusal = injected(connection.client().faults(), type))
        return Refusal{refusal};
    Nodes nodes{tree_, in_transaction ? &*open : nullptr, who, quotas};
    if (type == XS_WRITE || type == XS_MKDIR || type == XS_RM || type == XS_SET_PERMS) {
        auto const done = change(nodes, type, path, rest);
        publish(who, nodes.take_changes());
        return ok(done);
    }
    auto const node = nodes.get(path, 'r');
    if (!node)
        return Refusal{node.error()};
    switch (type) {
    case XS_READ: return (*node)->value;
    case XS_GET_PERMS: return print((*node)->permissions);
    case XS_DIRECTORY: return names_of(**node);
    default: return directory_part(**node, split(rest).first);
    }
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
    if (!is_privileged(connection.client().id()) && connection.watches.size() > quotas.watches)
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
    bool const full = connection.transactions.size() > quotas.transactions;
    if (full && !is_privileged(connection.client().id()))
        return Refusal{"ENOSPC"};
    connection.transactions.push_back({.id = ++last_transaction_});
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
    lodger::Domain const who = connection.client().id();
    if (connection.client().faults().strikes(Fault::store_conflict))
        return Refusal{"EAGAIN"};
    auto const changes = ended.commit_to(tree_, who, quotas);
    if (!changes)
        return Refusal{changes.error()};
    publish(who, *changes);
    return {};
}

} // namespace lodger::sim
