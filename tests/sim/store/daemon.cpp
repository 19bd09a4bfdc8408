#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace lodger::sim {
namespace {

using namespace std::chrono_literals;

/// Leaves a page as one may find it: indices anywhere, bytes of somebody else's in the rings.
void make_dirty(store::Page& page, Random& random)
{
    std::uint32_t const style = static_cast<std::uint32_t>(random.below(3));
    if (style == 0)
        return;
    auto const any = static_cast<std::uint32_t>(random.next());
    page.req_cons = page.req_prod = style == 1 ? 0xffffff00 : any;
    page.rsp_cons = page.rsp_prod = style == 1 ? 0xffffff00 : ~any;
    std::ranges::generate(page.req, [&] { return static_cast<char>(random.next()); });
    std::ranges::generate(page.rsp, [&] { return static_cast<char>(random.next()); });
}

} // namespace

StoreDaemon::StoreDaemon(World& world) : world_{world}, domain_{world.add_domain(0)}
{
    introduce(domain_);
    domain_.serve("xenstored", [this] { run(); });
}

void StoreDaemon::introduce(Domain& domain)
{
    make_dirty(domain.store_page(), world_.random());
    domain.store_page().server_features = features_;
    connect(domain);
}

void StoreDaemon::connect(Domain& domain)
{
    Port const port = domain_.bind_interdomain(domain.id(), domain.store_port()).value();
    domain_.listen(port, Listener::of<&StoreDaemon::wake_up>(*this)).value();
    connections_.push_back(std::make_unique<StoreConnection>(world_, domain, port));
    std::string const home = connections_.back()->home();
    std::uint16_t const id = domain.id().value;
    // As libxl makes them: the home is the toolstack's, some nodes in it are the guest's.
    write(home, "");
    permit(home, {{'n', 0}, {'r', id}});
    write(home + "/domid", std::to_string(id));
    for (char const* const shared : {"/device", "/control"})
        write(home + shared, "");
    for (char const* const own : {"/data", "/error", "/control/shutdown"}) {
        write(home + own, "");
        permit(home + own, {{'n', id}});
    }
}

void StoreDaemon::release(Domain& domain)
{
    releasing_ = &domain;
    wake_up();
}

void StoreDaemon::forget(Domain& domain)
{
    StoreConnection& gone = connection(domain);
    domain_.unlisten(gone.port());
    static_cast<void>(world_.event_channels().close(domain_, gone.port()));
    std::string const home = gone.home();
    std::erase_if(connections_, [&](auto const& candidate) { return candidate.get() == &gone; });
    rm(home);
}

bool StoreDaemon::is_connected(Domain const& domain) const
{
    return std::ranges::any_of(
        connections_, [&](auto const& candidate) { return &candidate->client() == &domain; });
}

void StoreDaemon::write(std::string_view path, std::string_view value)
{
    Nodes all = nodes();
    static_cast<void>(all.write(std::string{path}, value));
    publish(lodger::Domain{0}, all.take_changes());
}

void StoreDaemon::rm(std::string_view path)
{
    Nodes all = nodes();
    static_cast<void>(all.rm(std::string{path}));
    publish(lodger::Domain{0}, all.take_changes());
}

std::optional<std::string> StoreDaemon::read(std::string_view path) const
{
    Node const* const node = tree_.find(path);
    return node ? std::optional{node->value} : std::nullopt;
}

void StoreDaemon::permit(std::string_view path, Permissions permissions)
{
    Nodes all = nodes();
    auto const done = all.set_permissions(std::string{path}, std::move(permissions));
    assert(done);
    publish(lodger::Domain{0}, all.take_changes());
}

std::vector<std::string> StoreDaemon::values_of(std::string_view path) const
{
    std::vector<std::string> values;
    for (StoreRecord const& record : history_) {
        if (record.path == path && (values.empty() || values.back() != record.value))
            values.push_back(record.value);
    }
    return values;
}

std::optional<std::string> StoreDaemon::value_at(std::string_view path, Instant at) const
{
    std::optional<std::string> value;
    for (StoreRecord const& record : history_) {
        if (record.at <= at && record.path == path)
            value = record.is_removal ? std::nullopt : std::optional{record.value};
    }
    return value;
}

StoreConnection& StoreDaemon::connection(Domain const& client)
{
    return **std::ranges::find_if(
        connections_, [&](auto const& candidate) { return &candidate->client() == &client; });
}

void StoreDaemon::silence(bool silent)
{
    silent_ = silent;
    wake_up();
}

void StoreDaemon::wake_up()
{
    has_news_ = true;
    domain_.wake(changed_);
}

void StoreDaemon::run()
{
    while (!world_.is_finishing()) {
        Instant next = Instant::max();
        has_news_ = false;
        if (Domain* const domain = std::exchange(releasing_, nullptr))
            forget(*domain);
        try {
            if (std::exchange(is_to_restart_, false))
                take_over();
            if (!down_)
                next = serve_all();
        } catch (DaemonDied const&) {
            world_.note("store dies");
            down_ = true;
        }
        // Whether time was up or something came does not matter: the next round looks. What came
        // while another connection was served may be about one that had its turn.
        if (next != Instant{} && !has_news_)
            static_cast<void>(domain_.wait(changed_, {next}));
    }
}

Instant StoreDaemon::serve_all()
{
    bool moved = false;
    Instant next = Instant::max();
    for (std::size_t i = 0; i < connections_.size() && !silent_; ++i) {
        moved |= serve(*connections_[i]);
        next = std::min(next, connections_[i]->next_due());
    }
    return moved ? Instant{} : next;
}

bool StoreDaemon::strikes_dead()
{
    return down_ || domain_.faults().strikes(Fault::store_dies);
}

void StoreDaemon::die()
{
    world_.note("store is killed");
    down_ = true;
}

void StoreDaemon::restart()
{
    is_to_restart_ = true;
    wake_up();
}

void StoreDaemon::take_over()
{
    world_.note("store is there again");
    down_ = false;
    for (auto const& connection : connections_)
        connection->take_over();
}

void StoreDaemon::offer(std::uint32_t features)
{
    features_ = features;
    for (auto const& connection : connections_)
        connection->client().store_page().server_features = features;
}

void StoreDaemon::bury(Domain const& gone)
{
    connection(gone).drop();
    publish(lodger::Domain{0}, {{"@releaseDomain"}});
}

bool StoreDaemon::serve(StoreConnection& connection)
{
    bool moved = connection.restart_if_asked();
    if (connection.is_dead())
        return false;
    moved |= connection.send();
    if (connection.replies_waiting() < quotas.outstanding)
        moved |= connection.receive();
    while (connection.replies_waiting() < quotas.outstanding) {
        auto const message = connection.next();
        if (!message)
            break;
        handle(connection, *message);
        world_.spend(world_.random().up_to(20us));
        moved = true;
    }
    if (moved)
        static_cast<void>(domain_.notify(connection.port()));
    return moved;
}

void StoreDaemon::handle(StoreConnection& connection, StoreMessage const& message)
{
    Faults& faults = connection.client().faults();
    auto const answer = perform_or_substitute(connection, message);
    std::uint32_t type = answer ? message.header.type : std::uint32_t{XS_ERROR};
    std::string payload = answer ? *answer : std::string{answer.error()} + '\0';
    if (payload.size() > store::most_payload) {
        type = XS_ERROR;
        payload = std::string{"E2BIG"} + '\0';
    }
    if (faults.strikes(Fault::store_no_reply))
        return;
    if (faults.strikes(Fault::store_wrong_type))
        type ^= 1;
    if (faults.strikes(Fault::store_unknown_id)) {
        store::Header unknown = message.header;
        unknown.req_id ^= 0x5a5a0000;
        connection.reply(unknown, type, payload);
    }
    connection.reply(message.header, type, payload);
    if (answer && message.header.type == XS_WATCH)
        connection.event(connection.watches.back(), connection.watches.back().path);
}

Answer<std::string>
StoreDaemon::perform_or_substitute(StoreConnection& connection, StoreMessage const& message)
{
    std::string const given = message.payload.substr(0, message.payload.find('\0'));
    bool const is_write = message.header.type == XS_WRITE;
    auto const found = is_write ? substitutes_.find(given) : substitutes_.end();
    if (found == substitutes_.end())
        return perform(connection, message);
    if (!found->second)
        return std::string{"OK\0", 3};
    StoreMessage other = message;
    other.payload = given + '\0' + *found->second;
    return perform(connection, other);
}

/// Whoever may read a node, or could before, or may read the one above it, is told of its change
/// (tools/xenstore/xenstored_watch.c, `watch_permitted`).
bool StoreDaemon::may_see(lodger::Domain who, Change const& change) const
{
    if (change.path.starts_with('@'))
        return is_privileged(who);
    Node const* const node = tree_.find(change.path);
    Node const* const parent = tree_.find(Tree::parent(change.path));
    Permissions const& above = node && parent ? parent->permissions : change.above;
    return (!change.before.empty() && allows(change.before, who, 'r')) ||
           (node && node->allows(who, 'r')) || (!above.empty() && allows(above, who, 'r'));
}

void StoreDaemon::publish(lodger::Domain by, std::vector<Change> const& changes)
{
    for (Change const& change : changes) {
        Node const* const node = tree_.find(change.path);
        history_.push_back({world_.now(), by, change.path, node ? node->value : "", !node});
        world_.trace().add(
            world_.now(), by,
            node ? "store " + change.path + " = \"" + node->value + "\""
                 : "store " + change.path + " removed");
        for (auto const& connection : connections_) {
            for (RegisteredWatch const& watch : connection->watches) {
                if (watch.covers(change) && may_see(connection->client().id(), change))
                    connection->event(watch, change.path);
            }
        }
    }
    if (!changes.empty())
        wake_up();
}

} // namespace lodger::sim
