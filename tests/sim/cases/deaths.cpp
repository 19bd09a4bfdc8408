// Domains that die at any step, and what is left of them.

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockRig;
using sim::Fault;
using sim::Guest;

namespace {

/// Opens the disk, reads and writes it, closes it, as long as that works.
Result<> use_disk(BlockRig& rig, std::vector<std::byte>& data)
{
    BlockRig::Device device{rig.guest.store, rig.guest.grants};
    LODGER_TRY(device.open("xvda", {}, rig.in(2s)));
    for (int i = 0; i < 4; ++i) {
        LODGER_TRY(blkfront::read(device, 0, std::span{data}, rig.in(2s)));
        LODGER_TRY(blkfront::write(device, 0, data, rig.in(2s)));
    }
    return device.close(rig.in(2s));
}

/// Xen has taken back what the domain had of others, and nobody can reach it.
void check_gone(sim::World& world, sim::Domain& dead)
{
    REQUIRE(dead.is_dead());
    REQUIRE(dead.open_ports() == 0);
    REQUIRE(world.grants().mapped_by(dead.id()) == 0);
    REQUIRE(world.find(dead.id()) == nullptr);
    REQUIRE(world.store().connection(dead).watches.empty());
    REQUIRE(world.store().connection(dead).transactions.empty());
}

} // namespace

TEST_CASE("a guest that dies at any step takes nobody with it")
{
    sim::for_each_seed(400, [](sim::World& world) {
        world.allow_deaths();
        BlockRig rig{world};
        sim::Domain& dying = rig.guest.domain;
        auto& other = world.make<sim::ClientDomain>(world.add_domain(9));
        dying.spawn("main", [&] {
            std::vector<std::byte> data(16 * 1024);
            dying.faults().plan(Fault::domain_dies, 1, world.random().below(6000));
            while (use_disk(rig, data)) // until it dies
                continue;
        });
        other.domain.spawn("main", [&] {
            Deadline const deadline = after(other.domain, 60s);
            for (int i = 0; !dying.is_dead(); ++i) {
                REQUIRE(other.store.write("data/x", i, deadline));
                REQUIRE(other.store.read<int>("data/x", deadline) == i);
                other.domain.sleep(1ms);
            }
            // The toolstack removes what it made for the guest, and the backend lets go.
            world.store().rm(rig.disk.frontend_path());
            other.domain.sleep(100ms);
            REQUIRE(other.store.write("data/x", 0, deadline));
        });
        world.run();
        check_gone(world, dying);
        REQUIRE_FALSE(rig.disk.is_connected_to_ring());
        REQUIRE(world.grants().mapped_from(dying.id()) == 0);
    });
}

TEST_CASE("a driver domain that dies at any step costs its guest deadlines, and nothing else")
{
    sim::for_each_seed(400, [](sim::World& world) {
        world.allow_deaths();
        BlockRig rig{world};
        sim::Domain& dying = rig.driver.domain;
        std::vector<std::byte> data(16 * 1024);
        rig.guest.run([&](Guest& guest) {
            dying.faults().plan(Fault::domain_dies, 1, world.random().below(3000));
            Result<> used;
            while (used) {
                Instant const before = guest.domain.now();
                used = use_disk(rig, data);
                REQUIRE(guest.domain.now() - before < 20s);
            }
            REQUIRE(dying.is_dead());
            std::array<char, 16> buffer;
            REQUIRE(guest.store.read("domid", buffer).value() == "5");
        });
        check_gone(world, dying);
        // Nobody has mapped anything, so all of it came back.
        REQUIRE(rig.guest.grants.quarantined() == 0);
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a domain that dies in the middle of a transaction leaves nothing of it")
{
    sim::for_each_seed(400, [](sim::World& world) {
        world.allow_deaths();
        Guest& guest = world.make<Guest>(world);
        auto& store = world.store();
        store.write("/pair/a", "0");
        store.write("/pair/b", "0");
        for (char const* const path : {"/pair", "/pair/a", "/pair/b"})
            store.permit(path, {{'b', 0}});
        guest.domain.spawn("main", [&] {
            guest.domain.faults().plan(Fault::domain_dies, 1, world.random().below(1500));
            for (int i = 1;; ++i) {
                REQUIRE(guest.store.transaction([&](auto& operations) -> Result<> {
                    LODGER_TRY(operations.write("/pair/a", i, guest.in(5s)));
                    return operations.write("/pair/b", i, guest.in(5s));
                }));
            }
        });
        world.run();
        check_gone(world, guest.domain);
        REQUIRE(store.read("/pair/a") == store.read("/pair/b"));
    });
}
