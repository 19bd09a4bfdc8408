#pragma once

#include <lodger/tests/sim/block/load.hpp>

#include <catch2/catch.hpp>

namespace lodger::sim {

enum class Loss : std::uint8_t {
    closed,   ///< it closes by itself, and would begin anew
    detached, ///< the toolstack closes it, and removes both directories
    vanished, ///< its directory is removed, and ours stays
    died,     ///< its domain dies, and then its directory goes
    replaced, ///< the device is made anew with another backend, in one go
};
inline constexpr std::array every_loss{
    Loss::closed, Loss::detached, Loss::vanished, Loss::died, Loss::replaced};

/// A disk with a load, its loss, and its return.
struct LossRig {
    using Device = BlockRig::Device;
    using Change = blkfront::Change;

    LossRig(World& world, Loss loss, xenbus::OnLoss policy, BlockOptions first = {})
        : loss{loss},
          options{with_size(first)},
          rig{(prepare(world, loss), world), options}
    {
        how.pool_pages = Load::pool_pages;
        how.on_loss = policy;
        how.on_change = {
            [](void* self, Change change) { static_cast<LossRig*>(self)->on_change(change); },
            this};
    }

    /// Opens the disk and runs `body(device, load)`.
    template <class Body>
    void run(Body body)
    {
        rig.guest.run([&](Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            REQUIRE(device.open("xvda", how, rig.in(std::chrono::seconds{5})));
            Load load{device, rig.world.random(), rig.disk.medium(), options.sector_size};
            opened = &device;
            body(device, load);
        });
    }

    /// Has the loss happen in a while, and the return after it.
    void plan(bool returns, BlockOptions later)
    {
        World& world = rig.world;
        world.after(world.random().up_to(std::chrono::milliseconds{2}), [this, returns, later] {
            lose();
            if (returns && loss != Loss::closed)
                rig.world.after(
                    rig.world.random().up_to(std::chrono::milliseconds{80}),
                    [this, later] { bring_back(later); });
        });
    }

    void lose()
    {
        StoreDaemon& store = rig.world.store();
        rig.world.note("the disk is lost");
        lost_at = rig.world.now();
        switch (loss) {
        case Loss::closed: return rig.disk.close();
        case Loss::detached: return rig.disk.detach();
        case Loss::vanished: return rig.disk.vanish();
        case Loss::died: rig.world.kill(rig.driver.domain); return store.rm("/local/domain/1");
        case Loss::replaced: return bring_back(options);
        }
    }

    void bring_back(BlockOptions const& later)
    {
        if (successor)
            return;
        rig.world.note("the disk comes back");
        auto& other = rig.world.make<ClientDomain>(rig.world.add_domain(2));
        successor =
            &rig.world.make<BlockBackend>(other, rig.guest.domain, with_size(later), &rig.disk);
    }

    void on_change(Change change)
    {
        changes.push_back(change);
        if (change == Change::lost)
            heard_at = rig.world.now();
    }

    bool is_back() const { return std::ranges::count(changes, Change::connected) >= 2; }

    static BlockOptions with_size(BlockOptions options)
    {
        options.size = Load::disk_size;
        return options;
    }
    static void prepare(World& world, Loss loss)
    {
        if (loss == Loss::died)
            world.allow_deaths();
    }

    Loss loss;
    BlockOptions options;
    BlockRig rig;
    BlockBackend* successor = nullptr;
    Device* opened = nullptr;
    blkfront::Options how;
    std::vector<Change> changes;
    Instant lost_at{};
    Instant heard_at{};
};

} // namespace lodger::sim
