// A backend that is gone and has still mapped what requests need, as Linux's has while its disk has
// not answered yet.

#include <lodger/tests/sim/block/loss_rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Load;
using sim::Loss;
using sim::LossRig;

TEST_CASE("requests whose pages are let go of only before the disk is back are done then")
{
    for (blkback::Options const offers : {sim::plain_offers, sim::all_offers}) {
        sim::for_each_seed(40, [=](sim::World& world) {
            LossRig rig{world, Loss::vanished, xenbus::OnLoss::reconnect, {.offers = offers}};
            rig.how.patience = {.connect = 2s, .come_back = 10s, .close = 5ms};
            sim::Domain& driver = rig.rig.driver.domain;
            rig.run([&](LossRig::Device& device, Load& load) {
                Duration const at = world.random().up_to(2ms);
                world.after(at, [&] { driver.faults().plan(sim::Fault::block_no_response, 1000); });
                world.after(at + 2 * rig.options.most_latency, [&] {
                    driver.faults().plan(sim::Fault::block_held_page, 1000);
                    rig.lose();
                });
                driver.spawn("who lets go late", [&] {
                    while (rig.rig.guest.grants.quarantined() == 0)
                        driver.sleep(1ms);
                    world.grants().release_mappings(driver.id());
                    rig.bring_back({});
                });
                REQUIRE(load.run([&] { return rig.is_back() && load.completed > 300; }));
                REQUIRE(load.completed == load.submitted);
                REQUIRE(load.failed == 0);
                REQUIRE_FALSE(load.has_read_wrong);
                REQUIRE(load.agrees_with(rig.rig.disk.medium()));
                REQUIRE(device.close(rig.rig.in(10s)));
            });
            REQUIRE(rig.rig.guest.grants.quarantined() == 0);
            REQUIRE(rig.rig.is_clean());
        });
    }
}
