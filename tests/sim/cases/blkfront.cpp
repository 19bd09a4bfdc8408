#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/backend.hpp>
#include <lodger/tests/sim/seeds.hpp>
#include <lodger/tests/sim/store/daemon.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using sim::Fault;

TEST_CASE("a disk connects, reads, writes and closes")
{
    sim::for_each_seed(300, [](sim::World& world) {
        auto& driver = world.make<sim::ClientDomain>(world.add_domain(1));
        auto& guest = world.add_domain(5);
        auto& disk = world.make<sim::BlockBackend>(driver, guest);
        guest.spawn("main", [&] {
            store::Client<sim::Domain> client{guest, guest.store_page(), guest.store_port()};
            REQUIRE(client.start());
            grant::Table<sim::Domain> grants{guest};
            {
                blkfront::Device<sim::Domain> device{client, grants};
                REQUIRE(device.open("xvda"));
                std::vector<std::byte> data(disk.medium().size());
                REQUIRE(blkfront::read(
                    device, 0, std::span{data}, after(guest, std::chrono::seconds{10})));
                REQUIRE(data == disk.medium());
                REQUIRE(device.close(after(guest, std::chrono::seconds{10})));
            }
            REQUIRE(grants.in_use() == 0);
            REQUIRE(guest.pages_in_use() == 0);
            REQUIRE(guest.open_ports() == 1);
        });
        world.run();
        REQUIRE(
            world.store().values_of(disk.frontend_path() + "/state") ==
            std::vector<std::string>{"1", "3", "4", "5", "6"});
    });
}
