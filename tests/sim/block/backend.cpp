#include <lodger/tests/sim/block/backend.hpp>
#include <lodger/tests/sim/store/daemon.hpp>

namespace lodger::sim {

using xenbus::State;

BlockBackend::BlockBackend(ClientDomain& backend, Domain& guest, BlockOptions options)
    : world_{backend.domain.world()},
      backend_{backend},
      guest_{guest},
      options_{std::move(options)},
      medium_(options_.size)
{
    std::string const number = std::to_string(options_.number);
    std::string const guest_id = std::to_string(guest.id().value);
    frontend_path_ = "/local/domain/" + guest_id + "/device/vbd/" + number;
    path_ = "/local/domain/" + std::to_string(backend.domain.id().value) + "/backend/vbd/" +
            guest_id + "/" + number;
    for (std::byte& byte : medium_)
        byte = static_cast<std::byte>(world_.random().next());
    write_nodes(options_, guest.id().value);
    backend_.domain.serve("blkback-" + number, [this] { handshake(); });
    backend_.domain.serve("blkback-io-" + number, [this] { serve_ring(); });
}

/// What the toolstack writes before the two ends begin.
void BlockBackend::write_nodes(BlockOptions const& options, std::uint16_t guest_id)
{
    StoreDaemon& store = world_.store();
    std::uint16_t const backend_id = backend_.domain.id().value;
    store.write(path_, "");
    store.permit(path_, {{'n', backend_id}, {'r', guest_id}});
    store.write(frontend_path_, "");
    store.permit(frontend_path_, {{'n', guest_id}, {'r', backend_id}});
    store.write(path_ + "/frontend", frontend_path_);
    store.write(path_ + "/frontend-id", std::to_string(guest_id));
    store.write(path_ + "/online", "1");
    store.write(path_ + "/mode", options.info & VDISK_READONLY ? "r" : "w");
    store.write(path_ + "/state", "1");
    store.write(frontend_path_ + "/backend", path_);
    store.write(frontend_path_ + "/backend-id", std::to_string(backend_id));
    store.write(frontend_path_ + "/virtual-device", std::to_string(options.number));
    store.write(frontend_path_ + "/device-type", "disk");
    if (options.toolstack_writes_protocol)
        store.write(frontend_path_ + "/protocol", "x86_64-abi");
    store.write(frontend_path_ + "/state", "1");
}

void BlockBackend::say(State state)
{
    state_ = state;
    world_.store().write(path_ + "/state", xenbus::text_of(state));
}

Result<> BlockBackend::publish(std::string_view key, std::string const& value)
{
    auto const replaced = options_.keys.find(std::string{key});
    if (replaced == options_.keys.end())
        return backend_.store.write({path_, key}, value);
    return replaced->second ? backend_.store.write({path_, key}, *replaced->second) : Result<>{};
}

Result<> BlockBackend::switch_to(State state)
{
    state_ = state;
    return backend_.store.write({path_, "state"}, xenbus::text_of(state));
}

/// Follows the frontend until the world ends.
void BlockBackend::handshake()
{
    auto const run = [this]() -> Result<> {
        Faults& faults = backend_.domain.faults();
        if (faults.strikes(Fault::block_dead))
            return {};
        auto watch = LODGER_TRY(backend_.store.watch({frontend_path_, "state"}));
        LODGER_TRY(publish("max-ring-page-order", "4"));
        LODGER_TRY(publish("multi-queue-max-queues", "1"));
        if (!faults.strikes(Fault::block_skip_init_wait))
            LODGER_TRY(switch_to(State::init_wait));
        else
            LODGER_TRY(switch_to(State::initialised));
        while (true) {
            std::array<char, 256> buffer;
            LODGER_TRY(watch.next(buffer, Deadline::never()));
            auto const text =
                backend_.store.read({frontend_path_, "state"}, buffer, Deadline::never());
            LODGER_TRY(follow(text ? xenbus::state_of(*text) : State::unknown));
        }
    };
    // A backend that cannot go on just stops; the trace says why.
    if (auto const ended = run(); !ended)
        world_.note("blkback ends: " + std::string{describe(ended.error())});
}

Result<> BlockBackend::follow(State frontend)
{
    switch (frontend) {
    case State::initialising:
        return state_ == State::closed ? switch_to(State::init_wait) : Result<>{};
    case State::initialised:
    case State::connected:
        if (state_ == State::connected)
            return {};
        disconnect();
        return connect();
    case State::closing: return switch_to(State::closing);
    case State::closed:
    case State::unknown: disconnect(); return switch_to(State::closed);
    case State::init_wait:
    case State::reconfiguring:
    case State::reconfigured: break;
    }
    // "saw state %d at frontend", and that is fatal.
    return switch_to(State::closing);
}

Result<> BlockBackend::connect()
{
    auto& store = backend_.store;
    std::array<char, 32> buffer;
    auto const ring = LODGER_TRY(store.read<std::uint32_t>({frontend_path_, "ring-ref"}));
    auto const port = LODGER_TRY(store.read<std::uint32_t>({frontend_path_, "event-channel"}));
    auto const protocol = store.read({frontend_path_, "protocol"}, buffer);
    if (protocol && *protocol != "x86_64-abi")
        return switch_to(State::closing);
    link_ = LODGER_TRY(BlockLink::connect(
        backend_.domain, guest_.id(), GrantRef{ring}, Port{port}, work_, options_, medium_));
    LODGER_TRY(publish_keys());
    LODGER_TRY(switch_to(State::connected));
    backend_.domain.wake(work_);
    return {};
}

Result<> BlockBackend::publish_keys()
{
    LODGER_TRY(publish("feature-flush-cache", "1"));
    LODGER_TRY(publish("sectors", std::to_string(options_.size / 512)));
    LODGER_TRY(publish("info", std::to_string(options_.info)));
    LODGER_TRY(publish("sector-size", std::to_string(options_.sector_size)));
    return publish("physical-sector-size", std::to_string(options_.sector_size));
}

void BlockBackend::disconnect()
{
    link_.reset();
}

void BlockBackend::serve_ring()
{
    while (true) {
        Instant const next = link_ ? link_->serve() : Instant::max();
        auto const waited = backend_.domain.wait(work_, {next});
        if (!waited && waited.error() == Errc::cancelled)
            return;
    }
}

} // namespace lodger::sim
