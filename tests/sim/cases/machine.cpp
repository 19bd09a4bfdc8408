#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>
#include <sstream>

// That the simulator itself is what it says.

using namespace lodger;
using namespace std::literals;
using sim::World;

namespace {

std::string trace_of(std::uint64_t seed)
{
    World world{seed};
    sim::BlockRig rig{world};
    rig.with_device([&](sim::BlockRig::Device& device) {
        std::vector<std::byte> data(64 * 1024);
        REQUIRE(blkfront::read(device, 0, std::span{data}, rig.in(10s)));
    });
    world.finish();
    std::ostringstream text;
    world.trace().print(text);
    return text.str();
}

} // namespace

TEST_CASE("the same seed gives the same run, to the nanosecond, and another one another")
{
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::string const once = trace_of(seed);
        REQUIRE(once == trace_of(seed));
        REQUIRE(once != trace_of(seed + 100));
    }
}

TEST_CASE("a world in which nobody can ever run again says who waits")
{
    World world{1};
    sim::Domain& guest = world.add_domain(5);
    WaitQueue never;
    guest.spawn("hopeful", [&] { static_cast<void>(guest.wait(never, Deadline::never())); });
    try {
        world.run();
        FAIL("it ended");
    } catch (sim::Broken const& broken) {
        REQUIRE(std::string_view{broken.what()}.contains("deadlock"));
        REQUIRE(std::string_view{broken.what()}.contains("hopeful"));
    }
}

TEST_CASE("when all wait, time goes on to the first deadline")
{
    World world{1};
    sim::Domain& guest = world.add_domain(5);
    Instant const before = world.now();
    WaitQueue never;
    guest.spawn("waiter", [&] {
        REQUIRE(guest.wait(never, {world.now() + 90s}).error() == Errc::timed_out);
    });
    world.run();
    REQUIRE(world.now() - before >= 90s);
    REQUIRE(world.now() - before < 91s);
}

TEST_CASE("what a thread throws ends the run with it")
{
    World world{1};
    sim::Domain& guest = world.add_domain(5);
    guest.spawn("thrower", [] { throw std::runtime_error{"thrown"}; });
    REQUIRE_THROWS_WITH(world.run(), "thrown");
}

TEST_CASE("waiting inside a listener is refused")
{
    struct Waiting {
        sim::Domain& domain;
        WaitQueue queue{};
        Result<> outcome{};
        bool called = false;
        void on_event()
        {
            outcome = domain.wait(queue, Deadline::never());
            called = true;
        }
    };
    World world{1};
    sim::Domain& guest = world.add_domain(5);
    sim::Domain& driver = world.add_domain(1);
    Waiting waiting{guest};
    Port const port = guest.alloc_unbound(driver.id()).value();
    REQUIRE(guest.listen(port, Listener::of<&Waiting::on_event>(waiting)));
    driver.spawn("ringer", [&] {
        Port const own = driver.bind_interdomain(guest.id(), port).value();
        REQUIRE(driver.notify(own));
        while (!waiting.called)
            driver.sleep(1ms);
    });
    world.run();
    REQUIRE(waiting.outcome.error() == Errc::would_deadlock);
}

TEST_CASE("freeing a page that another domain may map fails the run")
{
    World world{1};
    sim::Domain& guest = world.add_domain(5);
    grant::Table<sim::Domain> grants{guest};
    guest.spawn("careless", [&] {
        auto const page = guest.allocate_pages(1).value();
        REQUIRE(grants.grant(Domain{1}, guest.gfn(page.data()), Access::read_only));
        guest.free_pages(page);
    });
    REQUIRE_THROWS_WITH(world.run(), Catch::Contains("may still map"));
}

TEST_CASE("a mapping shows the owner's page at an address of its own")
{
    World world{1};
    sim::Domain& guest = world.add_domain(5);
    sim::Domain& driver = world.add_domain(1);
    grant::Table<sim::Domain> grants{guest};
    auto const page = guest.allocate_pages(1).value();
    auto const ref = grants.grant(driver.id(), guest.gfn(page.data()), Access::read_write).value();
    auto const one = driver.map_grant(guest.id(), ref, Access::read_write).value();
    auto const two = driver.map_grant(guest.id(), ref, Access::read_only).value();
    REQUIRE(one.data() != page.data());
    REQUIRE(one.data() != two.data());
    one[7] = std::byte{42};
    REQUIRE(page[7] == std::byte{42});
    REQUIRE(two[7] == std::byte{42});
    REQUIRE(world.grants().mapped_from(guest.id()) == 2);
    REQUIRE(driver.unmap_grants(one));
    REQUIRE(grants.is_mapped(ref));
    REQUIRE(driver.unmap_grants(two));
    REQUIRE_FALSE(grants.is_mapped(ref));
    REQUIRE_FALSE(driver.unmap_grants(two));
    REQUIRE(grants.revoke(ref));
    guest.free_pages(page);
}

TEST_CASE("every store to shared memory is seen by who observes, with its time and domain")
{
    World world{1};
    sim::BlockRig rig{world};
    std::size_t by_guest = 0;
    std::size_t by_others = 0;
    Instant last{};
    world.observe_stores([&](sim::SharedStore const& store) {
        REQUIRE(store.at >= last);
        last = store.at;
        (store.by == rig.guest.domain.id() ? by_guest : by_others) += 1;
    });
    rig.with_device([](sim::BlockRig::Device&) {});
    REQUIRE(by_guest > 50);
    REQUIRE(by_others > 50);
    world.observe_stores({});
}

TEST_CASE("an event raised before the other end was bound is not lost")
{
    sim::for_each_seed(50, [](World& world) {
        sim::Domain& guest = world.add_domain(5);
        sim::Domain& driver = world.add_domain(1);
        Port const port = guest.alloc_unbound(driver.id()).value();
        REQUIRE(guest.notify(port));
        struct Bell {
            sim::Domain& domain;
            WaitQueue queue{};
            bool rung = false;
            void ring()
            {
                rung = true;
                domain.wake(queue);
            }
        };
        Bell bell{driver};
        driver.spawn("binder", [&] {
            Port const own = driver.bind_interdomain(guest.id(), port).value();
            REQUIRE(driver.listen(own, Listener::of<&Bell::ring>(bell)));
            while (!bell.rung)
                REQUIRE(driver.wait(bell.queue, Deadline::never()));
            driver.unlisten(own);
        });
        world.run();
    });
}
