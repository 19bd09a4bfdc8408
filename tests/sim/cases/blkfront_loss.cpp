// A disk whose backend goes away under load, in each way that there is, and what comes after it.

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/loss_rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using blkfront::Change;
using sim::BlockOptions;
using sim::BlockRig;
using sim::every_loss;
using sim::Load;
using sim::Loss;
using sim::LossRig;
using xenbus::OnLoss;
using Device = BlockRig::Device;

TEST_CASE(
    "a disk that is lost fails everything at once, and everything once, if it is to fail fast")
{
    for (Loss const loss : every_loss) {
        sim::for_each_seed(40, [=](sim::World& world) {
            LossRig rig{world, loss, OnLoss::fail_fast};
            rig.run([&](Device& device, Load& load) {
                rig.plan(false, {});
                REQUIRE(load.run([] { return false; }));
                REQUIRE(load.failed > 0);
                REQUIRE(load.completed == load.submitted);
                REQUIRE(load.failed_with == Errc::disconnected);
                REQUIRE_FALSE(load.has_read_wrong);
                REQUIRE(rig.heard_at - rig.lost_at < 50ms);
                REQUIRE(load.failed_at <= rig.heard_at + 1ms);
                REQUIRE(load.agrees_with(rig.rig.disk.medium()));
                std::vector<std::byte> data(512);
                REQUIRE(
                    blkfront::read(device, 0, std::span{data}, rig.rig.in(1s)).error() ==
                    Errc::disconnected);
                REQUIRE(device.close(rig.rig.in(10s)));
                REQUIRE(rig.changes.size() == 3);
                REQUIRE((rig.changes[1] == Change::lost && rig.changes[2] == Change::ended));
            });
            REQUIRE(rig.rig.is_clean());
        });
    }
}

TEST_CASE("a disk that is lost and comes back completes everything once, with the right data")
{
    for (Loss const loss : every_loss) {
        sim::for_each_seed(40, [=](sim::World& world) {
            LossRig rig{world, loss, OnLoss::reconnect};
            rig.run([&](Device& device, Load& load) {
                rig.plan(true, {});
                std::size_t until = 0;
                REQUIRE(load.run([&] {
                    if (rig.is_back() && until == 0)
                        until = load.completed + 100;
                    return until != 0 && load.completed > until;
                }));
                REQUIRE(load.completed == load.submitted);
                REQUIRE(load.failed == 0);
                REQUIRE_FALSE(load.has_read_wrong);
                REQUIRE(load.agrees_with(rig.rig.disk.medium()));
                REQUIRE(device.close(rig.rig.in(10s)));
            });
            REQUIRE(rig.rig.is_clean());
        });
    }
}

TEST_CASE("a disk that does not come back in time ends, and everything with it, once")
{
    for (Loss const loss : {Loss::detached, Loss::vanished, Loss::died}) {
        sim::for_each_seed(20, [=](sim::World& world) {
            LossRig rig{world, loss, OnLoss::reconnect};
            rig.how.patience = {.connect = 2s, .come_back = 10s, .close = 2s};
            rig.run([&](Device& device, Load& load) {
                rig.plan(false, {});
                if (loss == Loss::detached)
                    world.after(5ms, [&] { world.store().rm(rig.rig.disk.frontend_path()); });
                REQUIRE(load.run([] { return false; }));
                REQUIRE(load.completed == load.submitted);
                REQUIRE(load.failed_with == Errc::disconnected);
                Duration const took = load.failed_at - rig.lost_at;
                REQUIRE(took >= 10s);
                REQUIRE(took < 18s);
                REQUIRE(rig.changes.back() == Change::ended);
                REQUIRE(device.close(rig.rig.in(10s)));
            });
            REQUIRE(rig.rig.is_clean());
        });
    }
}

TEST_CASE("whatever a connected backend says, each request completes once, and nothing is left")
{
    constexpr std::array texts = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "garbage", ""};
    for (OnLoss const policy : {OnLoss::fail_fast, OnLoss::reconnect}) {
        sim::for_each_seed(100, [&](sim::World& world) {
            LossRig rig{world, Loss::replaced, policy};
            rig.how.patience = {.connect = 500ms, .come_back = 2s, .close = 500ms};
            rig.run([&](Device& device, Load& load) {
                rig.rig.driver.domain.spawn("liar", [&] {
                    for (int i = 0; i < 8; ++i) {
                        rig.rig.disk.say(texts[world.random().below(texts.size())]);
                        rig.rig.driver.domain.sleep(world.random().up_to(2ms));
                    }
                    rig.rig.disk.vanish();
                });
                REQUIRE(load.run([] { return false; }));
                REQUIRE(load.completed == load.submitted);
                REQUIRE(load.failed_with == Errc::disconnected);
                REQUIRE_FALSE(load.has_read_wrong);
                static_cast<void>(device.close(rig.rig.in(10s)));
            });
            REQUIRE(rig.rig.is_clean());
            for (std::string const& state : rig.rig.frontend_states())
                REQUIRE((state == "1" || (state >= "3" && state <= "6")));
        });
    }
}

TEST_CASE(
    "what a disk that comes back cannot do any more fails with the reason, and the rest is done")
{
    enum class Now : std::uint8_t { smaller, of_large_sectors, read_only, without_discard };
    for (Now const now :
         {Now::smaller, Now::of_large_sectors, Now::read_only, Now::without_discard}) {
        sim::for_each_seed(40, [=](sim::World& world) {
            LossRig rig{world, Loss::replaced, OnLoss::reconnect, {.offers = sim::all_offers}};
            rig.run([&](Device& device, Load&) {
                // The first backend answers nothing.
                rig.rig.driver.domain.faults().plan(sim::Fault::block_no_response, 1000);
                auto const buffer =
                    blkfront::Buffer<sim::Domain>::allocate(device.pool(), 2 * page_size).value();
                auto const page = buffer.bytes().first(page_size);
                auto const piece = buffer.bytes().subspan(page_size, 512);
                using blkfront::Operation;
                std::array<sim::Job, 5> jobs;
                enum : std::size_t { at_start, at_end, odd, write, discard };
                auto const ask = [&](std::size_t which, blkfront::Io const& io) {
                    static_cast<blkfront::Io&>(jobs[which]) = io;
                    jobs[which].on_complete = &sim::Job::complete;
                };
                ask(at_start, {Operation::read, 0, page, nullptr});
                ask(at_end, {Operation::read, Load::disk_size - page_size, page, nullptr});
                ask(odd, {Operation::read, 512, piece, nullptr});
                ask(write, {Operation::write, page_size, page, nullptr});
                ask(discard, {Operation::discard, 0, blkfront::Piece{}, nullptr});
                jobs[discard].length = page_size;
                for (sim::Job& job : jobs)
                    REQUIRE(device.submit(job));
                device.publish();
                BlockOptions later{.offers = sim::all_offers};
                if (now == Now::smaller)
                    rig.rig.disk.platters().resize(Load::disk_size / 2);
                if (now == Now::of_large_sectors)
                    later.sector_size = 4096;
                if (now == Now::read_only)
                    later.info = VDISK_READONLY;
                if (now == Now::without_discard)
                    later.offers.discard = false;
                rig.bring_back(later);
                for (sim::Job const& job : jobs)
                    while (job.completions == 0)
                        REQUIRE(device.wait(rig.rig.in(10s)));
                auto const expect = [&](std::size_t which, Now fails, Errc why) {
                    REQUIRE(jobs[which].completions == 1);
                    REQUIRE(jobs[which].outcome.has_value() == (now != fails));
                    if (now == fails)
                        REQUIRE(jobs[which].outcome.error() == why);
                };
                REQUIRE(jobs[at_start].outcome);
                expect(at_end, Now::smaller, Errc::out_of_range);
                expect(odd, Now::of_large_sectors, Errc::misaligned);
                expect(write, Now::read_only, Errc::read_only);
                if (now != Now::read_only)
                    expect(discard, Now::without_discard, Errc::unsupported);
                bool const is_other = now != Now::without_discard;
                REQUIRE(std::ranges::count(rig.changes, Change::resized) == is_other);
                REQUIRE(device.disk()->size == rig.rig.disk.medium().size());
            });
            REQUIRE(rig.rig.is_clean());
        });
    }
}

TEST_CASE("a disk's new size is heard of although XenStore has failed just then")
{
    sim::for_each_seed(50, [](sim::World& world) {
        LossRig rig{world, Loss::closed, OnLoss::fail_fast};
        rig.run([&](Device& device, Load&) {
            rig.rig.guest.domain.faults().plan(sim::Fault::store_wrong_type);
            rig.rig.disk.resize(2 * Load::disk_size);
            rig.rig.guest.domain.sleep(1s);
            REQUIRE(rig.changes.back() == Change::resized);
            REQUIRE(device.disk()->size == 2 * Load::disk_size);
        });
    });
}

TEST_CASE("a disk that is reconfigured under load goes on, and the application is told")
{
    sim::for_each_seed(100, [](sim::World& world) {
        LossRig rig{world, Loss::closed, OnLoss::fail_fast};
        std::size_t const larger = Load::disk_size + 4096;
        rig.run([&](Device& device, Load& load) {
            world.after(world.random().up_to(2ms), [&] { rig.rig.disk.reconfigure(larger); });
            auto const is_told = [&] { return rig.changes.back() == Change::resized; };
            std::size_t until = 0;
            REQUIRE(load.run([&] {
                if (is_told() && until == 0)
                    until = load.completed + 100;
                return until != 0 && load.completed > until;
            }));
            REQUIRE((load.failed == 0 && load.completed == load.submitted));
            REQUIRE_FALSE(load.has_read_wrong);
            REQUIRE(rig.changes == std::vector<Change>{Change::connected, Change::resized});
            REQUIRE(device.disk()->size == larger);
            std::vector<std::byte> data(4096);
            REQUIRE(blkfront::read(device, Load::disk_size, std::span{data}, rig.rig.in(1s)));
            REQUIRE(device.close(rig.rig.in(10s)));
            // Its grants are back before it says so.
            while (rig.rig.disk.state() != xenbus::State::closed)
                rig.rig.guest.domain.sleep(1ms);
        });
        auto const states = world.store().values_of(rig.rig.disk.path() + "/state");
        REQUIRE(states == std::vector<std::string>{"1", "2", "4", "7", "8", "4", "5", "6"});
        REQUIRE(rig.rig.frontend_states() == std::vector<std::string>{"1", "3", "4", "5", "6"});
        REQUIRE(rig.rig.is_clean());
    });
}
