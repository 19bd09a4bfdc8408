#include <lodger/tests/sim/store/connection.hpp>
#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <cstring>

namespace lodger::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t ring_size = XENSTORE_RING_SIZE;

} // namespace

bool RegisteredWatch::covers(Change const& change) const
{
    if (change.path == path)
        return true;
    bool const is_below = path == "/" || change.path.starts_with(path + "/");
    if (!is_below || change.exact)
        return false;
    std::string_view const rest =
        std::string_view{change.path}.substr(path == "/" ? 0 : path.size());
    return !depth || static_cast<std::size_t>(std::ranges::count(rest, '/')) <= *depth;
}

StoreConnection::StoreConnection(World& world, Domain& client, Port port)
    : world_{world},
      client_{client},
      port_{port},
      page_{client.store_page()},
      req_cons_{page_.req_cons},
      rsp_prod_{page_.rsp_prod},
      reorders_{world.random().chance(2)}
{
}

bool StoreConnection::receive()
{
    step();
    std::uint32_t const ready = Memory::load_acquire(page_.req_prod) - req_cons_;
    if (ready > ring_size) {
        give_up(XENSTORE_ERROR_RINGIDX);
        return false;
    }
    std::string bytes(ready, '\0');
    std::size_t const at = req_cons_ % ring_size;
    std::size_t const before_wrap = std::min<std::size_t>(ready, ring_size - at);
    Memory::copy_in(bytes.data(), page_.req + at, before_wrap);
    Memory::copy_in(bytes.data() + before_wrap, page_.req, ready - before_wrap);
    step();
    input_ += bytes;
    req_cons_ += ready;
    Memory::store_release(page_.req_cons, req_cons_);
    return ready > 0;
}

std::optional<StoreMessage> StoreConnection::next()
{
    store::Header header;
    if (dead_ || input_.size() < sizeof header)
        return std::nullopt;
    std::memcpy(&header, input_.data(), sizeof header);
    if (header.len > store::most_payload) {
        give_up(XENSTORE_ERROR_PROTO);
        return std::nullopt;
    }
    if (input_.size() < sizeof header + header.len)
        return std::nullopt;
    StoreMessage message{header, input_.substr(sizeof header, header.len)};
    input_.erase(0, sizeof header + header.len);
    return message;
}

void StoreConnection::queue(bool is_event, store::Header const& header, std::string_view payload)
{
    std::string bytes{reinterpret_cast<char const*>(&header), sizeof header};
    bytes += payload;
    // Events may be merged while the client has not seen the first.
    auto const is_same = [&](Outgoing const& other) { return other.bytes == bytes; };
    if (is_event && std::ranges::any_of(queue_, is_same) && world_.random().chance(2))
        return;
    queue_.push_back({world_.now() + world_.random().up_to(100us), is_event, std::move(bytes)});
}

void StoreConnection::reply(
    store::Header const& request, std::uint32_t type, std::string_view payload)
{
    queue(
        false, {type, request.req_id, request.tx_id, static_cast<std::uint32_t>(payload.size())},
        payload);
}

void StoreConnection::event(RegisteredWatch const& watch, std::string_view path)
{
    std::string payload{path};
    if (watch.is_relative)
        payload.erase(0, home().size() + 1);
    payload.push_back('\0');
    payload += watch.token;
    payload.push_back('\0');
    queue(true, {XS_WATCH_EVENT, 0, 0, static_cast<std::uint32_t>(payload.size())}, payload);
}

/// Begins one of the messages that are due: replies in any order, events in their own.
bool StoreConnection::choose()
{
    std::vector<std::size_t> candidates;
    bool event_seen = false;
    for (std::size_t i = 0; i < queue_.size(); ++i) {
        bool const in_order = !queue_[i].is_event || !event_seen;
        event_seen |= queue_[i].is_event;
        if (in_order && queue_[i].due <= world_.now())
            candidates.push_back(i);
        else if (!reorders_)
            break;
    }
    if (candidates.empty())
        return false;
    std::size_t const choice = reorders_ ? world_.random().below(candidates.size()) : 0;
    auto const chosen = queue_.begin() + static_cast<std::ptrdiff_t>(candidates[choice]);
    sending_ = std::move(chosen->bytes);
    queue_.erase(chosen);
    return true;
}

bool StoreConnection::send()
{
    std::size_t sent = 0;
    while (!dead_ && (!sending_.empty() || choose())) {
        step();
        std::uint32_t const used = rsp_prod_ - Memory::load_acquire(page_.rsp_cons);
        if (used > ring_size) {
            give_up(XENSTORE_ERROR_RINGIDX);
            break;
        }
        std::size_t const count = std::min(sending_.size(), ring_size - used);
        if (count == 0)
            break; // The client's event will say that there is space.
        std::size_t const at = rsp_prod_ % ring_size;
        std::size_t const before_wrap = std::min(count, ring_size - at);
        Memory::copy_out(page_.rsp + at, sending_.data(), before_wrap);
        Memory::copy_out(page_.rsp, sending_.data() + before_wrap, count - before_wrap);
        step();
        sending_.erase(0, count);
        rsp_prod_ += static_cast<std::uint32_t>(count);
        Memory::store_release(page_.rsp_prod, rsp_prod_);
        sent += count;
    }
    return sent > 0;
}

Instant StoreConnection::next_due() const
{
    Instant due = Instant::max();
    if (dead_ || !sending_.empty())
        return due;
    for (Outgoing const& message : queue_)
        due = std::min(due, message.due);
    // In order, the first one holds the others up.
    return reorders_ || queue_.empty() ? due : queue_.front().due;
}

std::size_t StoreConnection::replies_waiting() const
{
    return static_cast<std::size_t>(std::ranges::count(queue_, false, &Outgoing::is_event));
}

bool StoreConnection::restart_if_asked()
{
    bool const can = page_.server_features & XENSTORE_SERVER_FEATURE_RECONNECTION;
    if (!can || client_.is_dead() || Memory::load_acquire(page_.connection) != XENSTORE_RECONNECT)
        return false;
    world_.note("store begins anew with d" + std::to_string(client_.id().value));
    forget();
    req_cons_ = rsp_prod_ = 0;
    page_.req_cons = page_.req_prod = page_.rsp_cons = page_.rsp_prod = 0;
    Memory::store_release(page_.error, XENSTORE_ERROR_NONE);
    Memory::store_release(page_.connection, XENSTORE_CONNECTED);
    return true;
}

void StoreConnection::step()
{
    if (world_.store().strikes_dead())
        throw DaemonDied{};
}

void StoreConnection::forget()
{
    watches.clear();
    transactions.clear();
    queue_.clear();
    input_.clear();
    sending_.clear();
    dead_ = false;
}

void StoreConnection::take_over()
{
    bool const is_gone = client_.is_dead();
    forget();
    dead_ = is_gone;
    req_cons_ = page_.req_cons;
    rsp_prod_ = page_.rsp_prod;
    // What the rings hold may be half of a message. Where it can, the daemon says so.
    if (page_.server_features & XENSTORE_SERVER_FEATURE_ERROR)
        Memory::store_release(page_.error, XENSTORE_ERROR_COMM);
}

void StoreConnection::drop()
{
    dead_ = true;
    watches.clear();
    transactions.clear();
}

void StoreConnection::give_up(std::uint32_t error)
{
    world_.note("store gives up on d" + std::to_string(client_.id().value));
    dead_ = true;
    Memory::store_release(page_.error, error);
}

} // namespace lodger::sim
