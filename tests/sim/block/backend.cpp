#include <lodger/tests/sim/block/backend.hpp>
#include <lodger/tests/sim/store/daemon.hpp>

namespace lodger::sim {

bool BlockHandshake::negotiates() const
{
    return !faults->strikes(Fault::block_skip_init_wait);
}

BlockBackend::BlockBackend(
    ClientDomain& backend, Domain& guest, BlockOptions options, BlockBackend* predecessor)
    : world_{backend.domain.world()},
      backend_{backend},
      options_{std::move(options)},
      platters_{
          predecessor
              ? predecessor->platters_
              : std::make_shared<Platters>(world_.random(), options_.size, options_.has_cache)},
      medium_{
          backend.domain,
          *platters_,
          {.size = platters_->bytes().size(),
           .sector_size = options_.sector_size,
           .physical_sector_size = options_.sector_size,
           .info = options_.info,
           .discard_granularity = options_.sector_size},
          options_.most_latency},
      device_{std::make_unique<Device>(backend.store, medium_, options_.offers)}
{
    std::string const number = std::to_string(options_.number);
    std::string const guest_id = std::to_string(guest.id().value);
    frontend_path_ = "/local/domain/" + guest_id + "/device/vbd/" + number;
    path_ = "/local/domain/" + std::to_string(backend.domain.id().value) + "/backend/vbd/" +
            guest_id + "/" + number;
    if (predecessor) {
        predecessor->vanish();
        world_.store().rm(frontend_path_);
    }
    for (auto const& [key, value] : options_.keys)
        world_.store().substitute(path_ + "/" + key, value);
    write_nodes(guest.id().value);
    backend_.domain.serve("hotplug-" + number, [this] { attach_late(); });
    backend_.domain.serve("blkback-" + number, [this] { run(); });
    backend_.domain.serve("disk-" + number, [this] { medium_.run(); });
}

/// What the toolstack writes before the two ends begin.
void BlockBackend::write_nodes(std::uint16_t guest_id)
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
    store.write(path_ + "/mode", options_.info & VDISK_READONLY ? "r" : "w");
    store.write(path_ + "/state", "1");
    store.write(frontend_path_ + "/backend", path_);
    store.write(frontend_path_ + "/backend-id", std::to_string(backend_id));
    store.write(frontend_path_ + "/virtual-device", std::to_string(options_.number));
    store.write(frontend_path_ + "/device-type", "disk");
    if (options_.toolstack_writes_protocol)
        store.write(frontend_path_ + "/protocol", "x86_64-abi");
    if (options_.trusted)
        store.write(frontend_path_ + "/trusted", *options_.trusted);
    store.write(frontend_path_ + "/state", "1");
}

/// The hotplug script, which takes its time.
void BlockBackend::attach_late()
{
    backend_.domain.sleep(world_.random().up_to(options_.most_hotplug_delay));
    if (world_.store().read(path_))
        world_.store().write(path_ + "/hotplug-status", options_.hotplug);
}

void BlockBackend::run()
{
    Faults& faults = backend_.domain.faults();
    if (faults.strikes(Fault::block_dead))
        return;
    device().driver().faults = &faults;
    auto const run = [this]() -> Result<> {
        LODGER_TRY(device().open(path_));
        backend_.domain.serve("blkback-io", [this] { device().serve(); });
        return device().run();
    };
    // A backend that cannot go on just stops; the trace says why.
    auto const ended = run();
    has_failed_ = !ended;
    if (!ended)
        world_.note("blkback ends: " + std::string{describe(ended.error())});
}

std::size_t BlockBackend::kept_pages() const
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < queue_count(); ++i)
        count += device().link()->queues[i]->kept_pages();
    return count;
}

void BlockBackend::detach()
{
    world_.store().write(path_ + "/online", "0");
    say(xenbus::State::closing);
}

void BlockBackend::resize(std::size_t size)
{
    medium_.resize(size);
    device().server().announce();
}

} // namespace lodger::sim
