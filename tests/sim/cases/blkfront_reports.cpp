// What XenStore says of a disk that does not work, and when.

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockOptions;
using sim::BlockRig;
using sim::Fault;

namespace {

using Device = BlockRig::Device;
using blkfront::Change;
using xenbus::OnLoss;

constexpr char const* error = "/local/domain/5/error/device/vbd/51712/error";

/// When something was written to a node; the end of time if it never was.
Instant when(sim::World& world, std::string const& path, std::string_view part)
{
    for (sim::StoreRecord const& record : world.store().history())
        if (record.path == path && record.value.contains(part))
            return record.at;
    return Instant::max();
}

/// The disk was reported with these words, and closed after that.
void check_reported(BlockRig& rig, std::string_view words)
{
    Instant const reported = when(rig.world, error, words);
    REQUIRE(reported != Instant::max());
    for (sim::StoreRecord const& record : rig.world.store().history())
        if (record.path == rig.disk.frontend_path() + "/state" && record.value >= "5")
            REQUIRE(record.at > reported);
    REQUIRE(rig.frontend_states().back() == "6");
    REQUIRE(rig.is_clean());
}

} // namespace

TEST_CASE("that a backend does not answer is reported with what it was to do, before we close")
{
    for (bool const begins : {false, true}) {
        sim::for_each_seed(30, [=](sim::World& world) {
            BlockRig rig{world};
            rig.driver.domain.faults().plan(Fault::block_dead);
            if (begins)
                rig.disk.say(xenbus::State::init_wait);
            rig.guest.run([&](sim::Guest&) {
                Device device{rig.guest.store, rig.guest.grants};
                REQUIRE(device.open("xvda", {}, rig.in(2s)).error() == Errc::timed_out);
            });
            check_reported(
                rig, begins ? "timed out: waited for the backend to connect"
                            : "timed out: waited for the backend to be ready");
        });
    }
}

TEST_CASE("a backend that says what makes no sense is reported, and then we close")
{
    for (auto const& [key, value] :
         {std::pair{"sector-size", "17"}, {"sectors", "many"}, {"sector-size", "8192"}}) {
        sim::for_each_seed(20, [=](sim::World& world) {
            BlockRig rig{world, {.keys = {{key, value}}}};
            Errc why{};
            rig.guest.run([&](sim::Guest&) {
                Device device{rig.guest.store, rig.guest.grants};
                why = device.open("xvda", {}, rig.in(2s)).error();
            });
            check_reported(rig, describe(why));
        });
    }
}

TEST_CASE("a backend that breaks the ring's protocol is reported, and then we close")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            REQUIRE(device.open("xvda", {.on_loss = OnLoss::reconnect}, rig.in(2s)));
            rig.driver.domain.faults().plan(Fault::block_bad_id);
            std::array<std::byte, 512> data;
            REQUIRE(
                blkfront::read(device, 0, std::span{data}, rig.in(1s)).error() == Errc::protocol);
            static_cast<void>(device.close(rig.in(5s)));
        });
        check_reported(rig, describe(Errc::protocol));
    });
}

TEST_CASE("a backend that does not let go in the end is reported")
{
    sim::for_each_seed(30, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            REQUIRE(device.open("xvda", {}, rig.in(2s)));
            // Nobody sees that we want to close.
            world.store().substitute("device/vbd/51712/state", "4");
            REQUIRE(device.close(rig.in(2s)).error() == Errc::timed_out);
        });
        REQUIRE(when(world, error, "waited for the backend to let go") != Instant::max());
        REQUIRE(rig.guest.grants.quarantined() > 0);
    });
}

TEST_CASE("a disk that works is not reported, whether it closes or the backend does")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        bool const is_lost = world.random().chance(2);
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            REQUIRE(device.open("xvda", {}, rig.in(2s)));
            if (is_lost)
                rig.disk.close();
            rig.guest.domain.sleep(10ms);
            REQUIRE(device.close(rig.in(2s)));
            Device absent{rig.guest.store, rig.guest.grants};
            REQUIRE(absent.open("xvdb", {}, rig.in(2s)).error() == Errc::no_device);
        });
        for (sim::StoreRecord const& record : world.store().history())
            REQUIRE((record.by.value == 0 || !record.path.contains("/error")));
    });
}

TEST_CASE("the report of a disk that is back is taken back")
{
    sim::for_each_seed(30, [](sim::World& world) {
        BlockRig rig{world};
        std::size_t connections = 0;
        blkfront::Options how{
            .on_loss = OnLoss::reconnect, .patience = {.connect = 1s, .come_back = 1h}};
        how.on_change = {
            [](void* count, Change change) {
                *static_cast<std::size_t*>(count) += change == Change::connected;
            },
            &connections};
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            REQUIRE(device.open("xvda", how, rig.in(2s)));
            rig.disk.vanish();
            rig.guest.domain.sleep(5s);
            REQUIRE(world.store().read(error).value().contains("waited for the backend"));
            world.make<sim::BlockBackend>(rig.driver, rig.guest.domain, BlockOptions{}, &rig.disk);
            while (connections < 2)
                rig.guest.domain.sleep(1ms);
            rig.guest.domain.sleep(100ms);
            REQUIRE_FALSE(world.store().read(error));
            REQUIRE(device.close(rig.in(2s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a disk that is away costs XenStore nothing until the toolstack brings it back")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world};
        blkfront::Options const how{
            .on_loss = OnLoss::reconnect, .patience = {.connect = 1s, .come_back = 1h}};
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            REQUIRE(device.open("xvda", how, rig.in(2s)));
            rig.disk.vanish();
            world.store().rm(rig.disk.frontend_path());
            rig.guest.domain.sleep(1s);
            // Reads leave no trace of their own there, but every message moves the ring's index.
            auto const sent = [&] {
                return sim::Memory::load_relaxed(rig.guest.domain.store_page().req_prod);
            };
            auto const before = sent();
            rig.guest.domain.sleep(5min);
            REQUIRE(sent() == before);
            world.make<sim::BlockBackend>(rig.driver, rig.guest.domain, BlockOptions{}, &rig.disk);
            rig.guest.domain.sleep(100ms);
            REQUIRE(device.is_connected());
            REQUIRE(device.close(rig.in(2s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a disk of which the first reads and writes are denied connects once they are not")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            rig.guest.domain.faults().plan(
                Fault::store_denied, world.random().between(1, 12), world.random().below(6));
            REQUIRE(device.open("xvda", {}, rig.in(5s)));
            REQUIRE(device.disk());
            REQUIRE(device.close(rig.in(5s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("who waits for a disk inside a completion is told so at once, and all goes on")
{
    struct Naive : blkfront::Io {
        Device* device = nullptr;
        std::optional<Errc> told;

        static void complete(blkfront::Io& io, Result<>)
        {
            auto& self = static_cast<Naive&>(io);
            std::array<std::byte, 512> data;
            auto const read = blkfront::read(
                *self.device, 0, std::span{data}, after(self.device->hypervisor(), 1s));
            self.told = read ? Errc::unknown : read.error();
        }
    };
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer =
                blkfront::Buffer<sim::Domain>::allocate(device.pool(), page_size).value();
            Naive naive;
            static_cast<blkfront::Io&>(naive) = {
                blkfront::Operation::read, 0, buffer.bytes(), &Naive::complete};
            naive.device = &device;
            Instant const before = world.now();
            REQUIRE(device.submit(naive));
            device.publish();
            while (!naive.told)
                REQUIRE(device.wait(rig.in(5s)));
            REQUIRE(naive.told == Errc::would_deadlock);
            REQUIRE(world.now() - before < 100ms);
        });
        REQUIRE(rig.is_clean());
    });
}
