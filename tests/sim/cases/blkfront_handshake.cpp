#include <lodger/blkfront/device.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockRig;
using sim::Fault;

namespace {

using Device = BlockRig::Device;
using States = std::vector<std::string>;

/// When a node first had a value; the end of time if it never did.
Instant first(sim::World& world, std::string const& path, std::string_view value)
{
    for (sim::StoreRecord const& record : world.store().history()) {
        if (record.path == path && record.value == value)
            return record.at;
    }
    return Instant::max();
}

void open_and_close(sim::World& world, BlockRig& rig)
{
    rig.with_device([&](Device& device) {
        REQUIRE(device.disk());
        REQUIRE(device.disk()->size == rig.disk.medium().size());
        REQUIRE(device.depth() == 32);
    });
    REQUIRE(rig.is_clean());
    REQUIRE(rig.frontend_states() == States{"1", "3", "4", "5", "6"});
    REQUIRE(world.grants().mapped_from(rig.guest.domain.id()) == 0);
}

} // namespace

TEST_CASE("a disk goes 1, 3, 4, 5, 6, offers nothing before InitWait, and leaves nothing behind")
{
    sim::for_each_seed(400, [](sim::World& world) {
        bool const toolstack_wrote = world.random().chance(2);
        BlockRig rig{world, {.toolstack_writes_protocol = toolstack_wrote}};
        open_and_close(world, rig);
        std::string const& backend = rig.disk.path();
        std::string const& frontend = rig.disk.frontend_path();
        Instant const init_wait = first(world, backend + "/state", "2");
        REQUIRE(init_wait != Instant::max());
        REQUIRE(first(world, frontend + "/state", "3") > init_wait);
        for (sim::StoreRecord const& record : world.store().history()) {
            if (record.by == rig.guest.domain.id())
                REQUIRE(record.at >= init_wait);
        }
        REQUIRE(first(world, frontend + "/state", "4") > first(world, backend + "/state", "4"));
        // Closing waits for the other end, and the ring outlives our Closed until its own.
        REQUIRE(first(world, frontend + "/state", "6") > first(world, backend + "/state", "5"));
        // The toolstack's nodes are there; what we offered is not.
        REQUIRE(world.store().read(frontend + "/backend"));
        for (char const* const key : {"/ring-ref", "/event-channel"})
            REQUIRE_FALSE(world.store().read(frontend + key));
        REQUIRE(world.store().read(frontend + "/protocol").has_value() == toolstack_wrote);
    });
}

TEST_CASE("a backend that skips InitWait is served all the same")
{
    sim::for_each_seed(200, [](sim::World& world) {
        BlockRig rig{world};
        rig.driver.domain.faults().plan(Fault::block_skip_init_wait);
        open_and_close(world, rig);
    });
}

TEST_CASE("a disk may be opened again after it was closed")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        for (int round = 0; round < 3; ++round) {
            rig.with_device([](Device& device) { REQUIRE(device.disk()); });
            REQUIRE(rig.is_clean());
        }
        REQUIRE(
            rig.frontend_states() ==
            States{"1", "3", "4", "5", "6", "1", "3", "4", "5", "6", "1", "3", "4", "5", "6"});
    });
}

TEST_CASE("a backend that never says anything fails the opening when its time is up")
{
    sim::for_each_seed(30, [](sim::World& world) {
        BlockRig rig{world};
        rig.driver.domain.faults().plan(Fault::block_dead);
        rig.guest.run([&](sim::Guest&) {
            Instant const before = world.now();
            {
                Device device{rig.guest.store, rig.guest.grants};
                REQUIRE(device.open("xvda", {}, rig.in(2s)).error() == Errc::timed_out);
                REQUIRE(world.now() - before >= 2s);
                REQUIRE(world.now() - before < 2s + 100ms);
                REQUIRE(device.status().waiting_for.contains("InitWait"));
                REQUIRE(device.status().own == xenbus::State::initialising);
            }
            REQUIRE(world.now() - before < 10s);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a frontend that offered nothing takes nothing of the toolstack's away")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world, {.toolstack_writes_protocol = true}};
        rig.driver.domain.faults().plan(Fault::block_dead);
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            REQUIRE(device.open("xvda", {}, rig.in(1s)).error() == Errc::timed_out);
            static_cast<void>(device.close(rig.in(1s)));
        });
        REQUIRE(world.store().read(rig.disk.frontend_path() + "/protocol"));
    });
}

TEST_CASE("a backend that stops after InitWait is given up in bounded time")
{
    sim::for_each_seed(30, [](sim::World& world) {
        BlockRig rig{world};
        rig.driver.domain.faults().plan(Fault::block_dead);
        rig.disk.say(xenbus::State::init_wait);
        rig.guest.run([&](sim::Guest&) {
            Instant const before = world.now();
            {
                Device device{rig.guest.store, rig.guest.grants};
                REQUIRE(device.open("xvda", {}, rig.in(2s)).error() == Errc::timed_out);
                REQUIRE(device.status().waiting_for.contains("Connected"));
            }
            REQUIRE(world.now() - before < 10s);
        });
        REQUIRE(rig.is_clean());
        REQUIRE(rig.frontend_states() == States{"1", "3", "5", "6"});
    });
}

TEST_CASE("a backend that closes instead of connecting ends the opening at once")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.driver.domain.faults().plan(Fault::block_dead);
        rig.disk.say(xenbus::State::init_wait);
        rig.driver.domain.spawn("closer", [&] {
            rig.driver.domain.sleep(world.random().up_to(3ms));
            rig.disk.say(xenbus::State::closing);
            rig.driver.domain.sleep(1ms);
            rig.disk.say(xenbus::State::closed);
        });
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            auto const opened = device.open("xvda", {}, rig.in(2s));
            REQUIRE_FALSE(opened);
            REQUIRE((opened.error() == Errc::disconnected || opened.error() == Errc::timed_out));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("whatever a backend says while we connect, nothing breaks and nothing is left")
{
    constexpr std::array texts = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "garbage", ""};
    sim::for_each_seed(300, [&](sim::World& world) {
        BlockRig rig{world};
        rig.driver.domain.faults().plan(Fault::block_dead);
        rig.driver.domain.spawn("liar", [&] {
            for (int i = 0; i < 12; ++i) {
                std::string_view const text = texts[world.random().below(texts.size())];
                world.store().write(rig.disk.path() + "/state", text);
                rig.driver.domain.sleep(world.random().up_to(1ms));
            }
            if (world.random().chance(2))
                world.store().rm(rig.disk.path());
        });
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            static_cast<void>(device.open("xvda", {}, rig.in(1s)));
            static_cast<void>(device.close(rig.in(1s)));
        });
        REQUIRE(rig.is_clean());
        for (std::string const& state : rig.frontend_states())
            REQUIRE((state != "2" && state != "7" && state != "8" && state != "0"));
    });
}

TEST_CASE("a device that the toolstack removes meanwhile does not come back")
{
    sim::for_each_seed(200, [](sim::World& world) {
        BlockRig rig{world};
        // Where the guest may make nodes, it must not make them again either.
        if (world.random().chance(2))
            world.store().permit("/local/domain/5/device/vbd", {{'n', 5}});
        rig.driver.domain.spawn("toolstack", [&] {
            rig.driver.domain.sleep(world.random().up_to(4ms));
            world.store().rm(rig.disk.path());
            world.store().rm(rig.disk.frontend_path());
        });
        rig.guest.run([&](sim::Guest&) {
            Device device{rig.guest.store, rig.guest.grants};
            static_cast<void>(device.open("xvda", {}, rig.in(1s)));
            static_cast<void>(device.close(rig.in(1s)));
        });
        // The ring may be lost: when the node goes, the backend has it mapped for a while.
        REQUIRE(rig.guest.domain.open_ports() == 1);
        REQUIRE(rig.guest.grants.in_use() == rig.guest.grants.quarantined());
        REQUIRE_FALSE(world.store().tree().find(rig.disk.frontend_path()));
    });
}

TEST_CASE("there is no device of a name that nobody has")
{
    sim::for_each_seed(5, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest& guest) {
            Device absent{guest.store, guest.grants};
            REQUIRE(absent.open("xvdb").error() == Errc::no_device);
            Device nonsense{guest.store, guest.grants};
            REQUIRE(nonsense.open("tape").error() == Errc::invalid_argument);
            REQUIRE(absent.close(rig.in(1s)));
            REQUIRE(nonsense.close(rig.in(1s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a disk in use cannot be opened a second time")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device&) {
            Device second{rig.guest.store, rig.guest.grants};
            REQUIRE(second.open("xvda").error() == Errc::busy);
            REQUIRE(second.close(rig.in(1s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a close that is cancelled leaves nothing connected")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        Cancellation cancellation;
        rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", {}, rig.in(2s)));
            guest.domain.spawn("canceller", [&] {
                guest.domain.sleep(world.random().up_to(1ms));
                cancellation.request(guest.domain);
            });
            REQUIRE(device.close({guest.domain.now() + 5s, &cancellation}));
            REQUIRE(device.status().own == xenbus::State::closed);
            REQUIRE(device.close(rig.in(5s)));
        });
        REQUIRE(rig.is_clean());
        REQUIRE(rig.frontend_states() == States{"1", "3", "4", "5", "6"});
    });
}

TEST_CASE("a close that is cancelled does not wait for ever for a backend that does nothing")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world};
        Cancellation cancellation;
        rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", {.patience = {.close = 2s}}, rig.in(2s)));
            rig.disk.die();
            guest.domain.spawn("canceller", [&] {
                guest.domain.sleep(1s);
                cancellation.request(guest.domain);
            });
            Instant const before = world.now();
            static_cast<void>(device.close({Instant::max(), &cancellation}));
            REQUIRE(world.now() - before >= 1s);
            REQUIRE(world.now() - before < 4s);
            REQUIRE(device.status().own == xenbus::State::closed);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("running out of anything while connecting is an error, and what was taken is given back")
{
    for (Fault const fault :
         {Fault::no_pages, Fault::grant_table_full, Fault::event_channel_refused}) {
        sim::for_each_seed(20, [=](sim::World& world) {
            BlockRig rig{world};
            rig.guest.domain.faults().plan(fault, 1000);
            rig.guest.run([&](sim::Guest&) {
                Device device{rig.guest.store, rig.guest.grants};
                REQUIRE_FALSE(device.open("xvda", {}, rig.in(2s)));
            });
            REQUIRE(rig.is_clean());
        });
    }
}

TEST_CASE("a XenStore that fails at any moment fails the device in bounded time, and leaks nothing")
{
    sim::for_each_seed(200, [](sim::World& world) {
        BlockRig rig{world};
        rig.driver.domain.spawn("killer", [&] {
            rig.driver.domain.sleep(world.random().up_to(4ms));
            world.store().give_up_on(rig.guest.domain, XENSTORE_ERROR_COMM);
        });
        rig.guest.run([&](sim::Guest&) {
            Instant const before = world.now();
            {
                Device device{rig.guest.store, rig.guest.grants};
                static_cast<void>(device.open("xvda", {}, rig.in(2s)));
            }
            REQUIRE(world.now() - before < 10s);
        });
        REQUIRE(rig.guest.domain.open_ports() == 1);
    });
}
