// A guest that is saved and restored while it has a disk.

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/load.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockOptions;
using sim::BlockRig;
using sim::Load;
using xenbus::OnLoss;

namespace {

using Device = BlockRig::Device;
using blkfront::Change;

BlockOptions sized(BlockOptions options)
{
    options.size = Load::disk_size;
    return options;
}

/// A guest with a disk, and the toolstack that saves and restores it.
struct RestoreRig {
    explicit RestoreRig(sim::World& world, BlockOptions first = {})
        : rig{(world.limit(24h), world), sized(first)},
          disk{&rig.disk}
    {
        how.pool_pages = Load::pool_pages;
        how.on_change = {
            [](void* self, Change change) {
                static_cast<RestoreRig*>(self)->changes.push_back(change);
            },
            this};
    }

    /// What the guest's runtime does, and the toolstack around it. Nothing else of the guest runs
    /// once XenStore is paused.
    void save_and_restore(BlockOptions later = {})
    {
        sim::Guest& guest = rig.guest;
        REQUIRE(guest.store.connection().pause(guest.in(5s)));
        disk->die();
        for (; !disk->is_over(); rig.world.spend(1us))
            sim::Fiber::suspend();
        guest.domain.restore(30min);
        disk = &rig.world.make<sim::BlockBackend>(rig.driver, guest.domain, sized(later), disk);
        guest.grants.restart();
        REQUIRE(guest.store.connection().move(
            guest.domain.store_page(), guest.domain.store_port(), guest.in(5s)));
        ++restorations;
    }

    /// Saves and restores in a thread beside the others, some time within `most`.
    void plan(Duration most, BlockOptions later = {})
    {
        rig.guest.domain.spawn("saver", [this, most, later] {
            rig.guest.domain.sleep(rig.world.random().up_to(most));
            save_and_restore(later);
        });
    }

    Result<> use(Device& device)
    {
        std::vector<std::byte> data(16 * 1024);
        LODGER_TRY(blkfront::read(device, 0, std::span{data}, rig.in(10s)));
        return blkfront::write(device, 0, data, rig.in(10s));
    }

    BlockRig rig;
    sim::BlockBackend* disk;
    blkfront::Options how;
    std::vector<Change> changes;
    int restorations = 0;
};

} // namespace

TEST_CASE("what was under way when the domain was saved is done once, by a backend that does less")
{
    sim::for_each_seed(200, [](sim::World& world) {
        bool const does_more = world.random().chance(2);
        BlockOptions const rich{.offers = sim::all_offers};
        RestoreRig rig{world, does_more ? rich : BlockOptions{}};
        // A restored disk is never lost for good.
        rig.how.on_loss = world.random().chance(2) ? OnLoss::fail_fast : OnLoss::reconnect;
        rig.how.offer.queues = 2;
        rig.rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", rig.how, guest.in(5s)));
            Load load{device, world.random(), rig.rig.disk.medium()};
            rig.plan(2ms, does_more ? BlockOptions{} : rich);
            std::size_t until = 0;
            REQUIRE(load.run([&] {
                if (rig.restorations == 1 && rig.changes.back() == Change::connected && until == 0)
                    until = load.completed + 100;
                return until != 0 && load.completed > until;
            }));
            REQUIRE(load.completed == load.submitted);
            REQUIRE(load.failed_with == std::nullopt);
            REQUIRE_FALSE(load.has_read_wrong);
            REQUIRE(load.agrees_with(rig.disk->medium()));
            REQUIRE(device.features()->queues == (does_more ? 1 : 2));
            REQUIRE(device.close(guest.in(10s)));
        });
        REQUIRE(rig.rig.is_clean());
    });
}

TEST_CASE("a domain that is restored again and again loses nothing")
{
    sim::for_each_seed(40, [](sim::World& world) {
        RestoreRig rig{world};
        rig.rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", rig.how, guest.in(5s)));
            Load load{device, world.random(), rig.rig.disk.medium()};
            guest.domain.spawn("saver", [&] {
                for (int i = 0; i < 5; ++i) {
                    guest.domain.sleep(world.random().up_to(10ms));
                    rig.save_and_restore();
                }
            });
            REQUIRE(load.run([&] { return rig.restorations == 5 && device.is_connected(); }));
            REQUIRE(load.completed == load.submitted);
            REQUIRE(load.failed_with == std::nullopt);
            REQUIRE_FALSE(load.has_read_wrong);
            REQUIRE(load.agrees_with(rig.disk->medium()));
            REQUIRE(device.close(guest.in(10s)));
        });
        REQUIRE(rig.rig.is_clean());
    });
}

TEST_CASE("a disk that is being opened when the domain is saved is open when it is restored")
{
    sim::for_each_seed(200, [](sim::World& world) {
        RestoreRig rig{world};
        rig.rig.guest.run([&](sim::Guest& guest) {
            rig.plan(3ms);
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", rig.how, guest.in(10s)));
            while (rig.restorations == 0)
                guest.domain.sleep(1ms);
            REQUIRE(rig.use(device));
            REQUIRE(device.close(guest.in(10s)));
        });
        REQUIRE(rig.rig.is_clean());
    });
}

TEST_CASE("a disk that is being closed when the domain is saved is closed when it is restored")
{
    sim::for_each_seed(200, [](sim::World& world) {
        RestoreRig rig{world};
        rig.rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", rig.how, guest.in(10s)));
            REQUIRE(rig.use(device));
            rig.plan(2ms);
            guest.domain.sleep(world.random().up_to(1ms));
            Instant const before = guest.domain.now();
            static_cast<void>(device.close(guest.in(5s)));
            REQUIRE(guest.domain.now() - before < 6s);
            while (rig.restorations == 0)
                guest.domain.sleep(1ms);
            // It is nobody's any more.
            Device again{guest.store, guest.grants};
            REQUIRE(again.open("xvda", rig.how, guest.in(10s)));
            REQUIRE(rig.use(again));
            REQUIRE(again.close(guest.in(10s)));
        });
        REQUIRE(rig.rig.is_clean());
    });
}

TEST_CASE("a disk that is lost when the domain is saved is back when it is restored")
{
    sim::for_each_seed(100, [](sim::World& world) {
        RestoreRig rig{world};
        rig.how.on_loss = OnLoss::reconnect;
        rig.rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", rig.how, guest.in(10s)));
            Load load{device, world.random(), rig.rig.disk.medium()};
            world.after(world.random().up_to(1ms), [&] {
                if (rig.disk != &rig.rig.disk)
                    return;
                rig.rig.disk.vanish();
                if (world.random().chance(2))
                    world.store().rm(rig.rig.disk.frontend_path());
            });
            rig.plan(5ms);
            REQUIRE(load.run([&] { return rig.restorations == 1 && device.is_connected(); }));
            REQUIRE(load.completed == load.submitted);
            REQUIRE(load.failed_with == std::nullopt);
            REQUIRE(load.agrees_with(rig.disk->medium()));
            REQUIRE(device.close(guest.in(10s)));
        });
        REQUIRE(rig.rig.is_clean());
    });
}

TEST_CASE("a suspend that is cancelled changes nothing for a disk")
{
    sim::for_each_seed(50, [](sim::World& world) {
        RestoreRig rig{world};
        rig.rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", rig.how, guest.in(10s)));
            Load load{device, world.random(), rig.rig.disk.medium()};
            std::size_t const ports = guest.domain.open_ports();
            std::size_t const watches = guest.connection().watches.size();
            bool is_cancelled = false;
            guest.domain.spawn("saver", [&] {
                guest.domain.sleep(world.random().up_to(1ms));
                REQUIRE(guest.store.connection().pause(guest.in(5s)));
                guest.store.connection().go_on();
                is_cancelled = true;
            });
            REQUIRE(load.run([&] { return is_cancelled && load.completed > 100; }));
            REQUIRE((load.failed == 0 && load.completed == load.submitted));
            REQUIRE(guest.domain.open_ports() == ports);
            REQUIRE(guest.connection().watches.size() == watches);
            REQUIRE(rig.changes == std::vector<Change>{Change::connected});
            REQUIRE(device.close(guest.in(10s)));
        });
        REQUIRE(rig.rig.is_clean());
    });
}
