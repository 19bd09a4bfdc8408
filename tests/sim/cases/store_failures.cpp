#include <lodger/store/client.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Fault;
using sim::Guest;

namespace {

std::array<char, 64> buffer;

} // namespace

TEST_CASE("a daemon that gives up on us is an error within 100 ms, for every waiter")
{
    sim::for_each_seed(100, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        Instant gave_up = Instant::max();
        for (int thread = 0; thread < 25; ++thread) {
            guest.domain.spawn("waiter-" + std::to_string(thread), [&] {
                std::array<char, 64> own;
                Result<std::string_view> read;
                do
                    read = guest.store.read("domid", own);
                while (read);
                REQUIRE(read.error() == Errc::disconnected);
                REQUIRE(world.now() - gave_up < 100ms);
            });
        }
        guest.domain.spawn("killer", [&] {
            guest.domain.sleep(world.random().up_to(3ms));
            gave_up = world.now();
            world.store().give_up_on(guest.domain, XENSTORE_ERROR_PROTO);
        });
        world.run();
    });
}

TEST_CASE("a dirty error field means nothing unless the daemon offers it")
{
    for (bool const offered : {false, true}) {
        sim::for_each_seed(10, [=](sim::World& world) {
            sim::Domain& domain = world.add_domain(6);
            domain.store_page().error = 77;
            domain.store_page().server_features = offered ? XENSTORE_SERVER_FEATURE_ERROR : 0;
            auto& client = world.make<sim::ClientDomain>(domain);
            domain.spawn("main", [&] {
                auto const read = client.store.read("domid", buffer);
                REQUIRE(read.has_value() != offered);
                if (offered)
                    REQUIRE(read.error() == Errc::disconnected);
            });
            world.run();
        });
    }
}

TEST_CASE("a silent daemon costs the caller its deadline and no more")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            world.store().silence(true);
            Instant const before = world.now();
            {
                std::vector<char> gone(64); // Nothing is written here once its caller has left.
                auto const read = guest.store.read("domid", gone, guest.in(3s));
                REQUIRE(read.error() == Errc::timed_out);
            }
            REQUIRE(world.now() - before >= 3s);
            REQUIRE(world.now() - before < 3s + 10ms);
            // When it speaks again, the late reply is dropped and the next one is right.
            world.store().silence(false);
            REQUIRE(guest.store.exists("nothing").value() == false);
            REQUIRE(guest.store.read("domid", buffer).value() == "5");
        });
    });
}

TEST_CASE("the default patience ends too")
{
    sim::for_each_seed(3, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            world.store().silence(true);
            REQUIRE(guest.store.read("domid", buffer).error() == Errc::timed_out);
        });
    });
}

TEST_CASE("more requests than can be in flight wait for a place, but not for ever")
{
    sim::for_each_seed(10, [](sim::World& world) {
        world.store().silence(true);
        Guest& guest = world.make<Guest>(world);
        for (int thread = 0; thread < 25; ++thread) {
            guest.domain.spawn("waiter-" + std::to_string(thread), [&] {
                std::array<char, 64> own;
                auto const read = guest.store.read("domid", own, guest.in(1s));
                REQUIRE(read.error() == Errc::timed_out);
            });
        }
        world.run();
    });
}

TEST_CASE("a reply that is lost fails its own request alone")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            guest.domain.faults().plan(Fault::store_no_reply);
            REQUIRE(guest.store.read("domid", buffer, guest.in(1s)).error() == Errc::timed_out);
            REQUIRE(guest.store.read("domid", buffer, guest.in(1s)).value() == "5");
        });
    });
}

TEST_CASE("a reply of the wrong type fails its own request alone")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            guest.domain.faults().plan(Fault::store_wrong_type);
            REQUIRE(guest.store.read("domid", buffer).error() == Errc::protocol);
            REQUIRE(guest.store.read("domid", buffer).value() == "5");
        });
    });
}

TEST_CASE("replies that nobody asked for are ignored")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            guest.domain.faults().rate(Fault::store_unknown_id, 2);
            for (int i = 0; i < 20; ++i)
                REQUIRE(guest.store.read("domid", buffer).value() == "5");
        });
    });
}

TEST_CASE("a daemon whose index cannot be is not trusted any further")
{
    sim::for_each_seed(30, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            REQUIRE(guest.store.read("domid", buffer).value() == "5");
            world.store().silence(true);
            guest.domain.store_page().rsp_prod += 1025;
            REQUIRE(guest.store.read("domid", buffer, guest.in(1s)).error() == Errc::protocol);
            REQUIRE(guest.store.read("domid", buffer, guest.in(1s)).error() == Errc::protocol);
        });
    });
}

TEST_CASE("what the daemon refuses is the error that it names")
{
    sim::for_each_seed(20, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            sim::Faults& faults = guest.domain.faults();
            faults.plan(Fault::store_denied, 3);
            for (int i = 0; i < 3; ++i)
                REQUIRE(guest.store.write("data/x", "1").error() == Errc::denied);
            REQUIRE(guest.store.write("data/x", "1"));
            faults.plan(Fault::store_no_space);
            REQUIRE(guest.store.mkdir("data/y").error() == Errc::quota);
            world.store().quotas.nodes = 0;
            REQUIRE(guest.store.mkdir("data/z").error() == Errc::quota);
        });
    });
}

TEST_CASE("after a reconnection watches are there again and requests work")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            guest.domain.store_page().server_features =
                XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
            auto watch = guest.store.watch("data").value();
            REQUIRE(watch.next(buffer, guest.in(1s)));
            world.store().give_up_on(guest.domain, XENSTORE_ERROR_COMM);
            REQUIRE(guest.store.read("domid", buffer).error() == Errc::disconnected);
            REQUIRE(guest.store.connection().reconnect(guest.in(1s)));
            REQUIRE(guest.store.read("domid", buffer).value() == "5");
            REQUIRE(watch.next(buffer, guest.in(1s)).value() == "data");
        });
    });
}
