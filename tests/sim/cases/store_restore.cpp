// A XenStore client in a domain that is saved and restored under it.

#include <lodger/store/client.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Fault;
using sim::Guest;

namespace {

std::array<char, store::longest_absolute_path> buffer;

/// What the guest's runtime does, with nobody else running.
void save_and_restore(Guest& guest)
{
    auto& connection = guest.store.connection();
    REQUIRE(connection.pause(guest.in(1s)));
    guest.domain.restore(30min);
    REQUIRE(connection.move(guest.domain.store_page(), guest.domain.store_port(), guest.in(5s)));
}

void limit(sim::World& world)
{
    world.limit(24h);
}

} // namespace

TEST_CASE("a restored client reads and writes on its new page and port")
{
    sim::for_each_seed(100, [](sim::World& world) {
        limit(world);
        sim::in_guest(world, [&](Guest& guest) {
            for (int time = 0; time < 3; ++time) {
                REQUIRE(guest.store.write("data/x", time));
                save_and_restore(guest);
                REQUIRE(guest.domain.incarnation() == std::uint32_t(time + 1));
                REQUIRE(guest.store.read("domid", buffer).value() == "5");
                REQUIRE(guest.store.read("data/x", buffer).error() == Errc::not_found);
            }
            REQUIRE(guest.domain.open_ports() == 1);
        });
    });
}

TEST_CASE("every watch is there after a restoration, and fires once")
{
    sim::for_each_seed(100, [](sim::World& world) {
        limit(world);
        sim::in_guest(world, [&](Guest& guest) {
            auto first = guest.store.watch("data").value();
            auto second = guest.store.watch("control/shutdown").value();
            REQUIRE(first.next(buffer, guest.in(1s)));
            REQUIRE(second.next(buffer, guest.in(1s)));
            save_and_restore(guest);
            REQUIRE(first.next(buffer, guest.in(1s)).value() == "data");
            REQUIRE(second.next(buffer, guest.in(1s)).value() == "control/shutdown");
            REQUIRE(first.next(buffer, guest.in(10ms)).error() == Errc::timed_out);
            REQUIRE(guest.connection().watches.size() == 2);
            REQUIRE(guest.store.write("data/x", "1"));
            REQUIRE(first.next(buffer, guest.in(1s)).value() == "data/x");
        });
    });
}

TEST_CASE("a watch that a new daemon refuses is asked for again, and the others are there")
{
    sim::for_each_seed(50, [](sim::World& world) {
        limit(world);
        sim::in_guest(world, [&](Guest& guest) {
            std::array const watches = {
                guest.store.watch("data").value(), guest.store.watch("name").value(),
                guest.store.watch("device").value()};
            auto& connection = guest.store.connection();
            REQUIRE(connection.pause(guest.in(1s)));
            guest.domain.restore(30min);
            guest.domain.faults().plan(Fault::store_too_big, 2);
            auto const moved =
                connection.move(guest.domain.store_page(), guest.domain.store_port(), guest.in(5s));
            REQUIRE(moved.error() == Errc::too_large);
            REQUIRE(guest.connection().watches.size() == 1);
            while (guest.connection().watches.size() < 3)
                static_cast<void>(connection.wait(guest.in(100ms)));
        });
    });
}

TEST_CASE("a daemon that is too slow with one watch gets all of them in the end")
{
    sim::for_each_seed(50, [](sim::World& world) {
        limit(world);
        sim::in_guest(world, [&](Guest& guest) {
            std::vector<store::Watch<sim::Domain>> watches;
            while (watches.size() < store::most_requests + 5)
                watches.push_back(guest.store.watch("data").value());
            auto& connection = guest.store.connection();
            REQUIRE(connection.pause(guest.in(1s)));
            guest.domain.restore(30min);
            world.store().silence(true);
            auto const moved =
                connection.move(guest.domain.store_page(), guest.domain.store_port(), guest.in(1s));
            REQUIRE(moved.error() == Errc::timed_out);
            world.store().silence(false);
            guest.domain.sleep(1s);
            REQUIRE(guest.connection().watches.size() == watches.size());
        });
    });
}

TEST_CASE("a watch that waits for its turn while the domain is away is made once")
{
    sim::for_each_seed(100, [](sim::World& world) {
        limit(world);
        Guest& guest = world.make<Guest>(world);
        for (std::size_t thread = 0; thread < store::most_requests + 10; ++thread) {
            guest.domain.spawn("watcher-" + std::to_string(thread), [&] {
                for (int round = 0; round < 5; ++round) {
                    auto watch = guest.store.watch("data");
                    REQUIRE(watch);
                    REQUIRE(watch->wait(guest.in(1s)));
                }
            });
        }
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(world.random().up_to(500us));
            save_and_restore(guest);
        });
        world.run();
        guest.run([&](Guest&) {
            REQUIRE(guest.store.exists("data"));
            guest.domain.sleep(1s);
            REQUIRE(guest.connection().watches.empty());
        });
    });
}

TEST_CASE("requests under way when the domain is saved are done by the new daemon")
{
    sim::for_each_seed(200, [](sim::World& world) {
        limit(world);
        Guest& guest = world.make<Guest>(world);
        std::size_t done = 0;
        for (int thread = 0; thread < 8; ++thread) {
            guest.domain.spawn("writer-" + std::to_string(thread), [&, thread] {
                Text<16> path = Text<16>::of("data/").value();
                REQUIRE(path.append(std::uint32_t(thread)));
                for (int round = 0; round < 10; ++round) {
                    REQUIRE(guest.store.write(path.view(), round));
                    std::array<char, 64> own;
                    REQUIRE(guest.store.read("domid", own).value() == "5");
                }
                ++done;
            });
        }
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(world.random().up_to(500us));
            save_and_restore(guest);
            guest.domain.sleep(world.random().up_to(200us));
            save_and_restore(guest);
        });
        world.run();
        REQUIRE(done == 8);
    });
}

TEST_CASE("a long reply that is cut in two by a save is read whole afterwards")
{
    sim::for_each_seed(200, [](sim::World& world) {
        limit(world);
        Guest& guest = world.make<Guest>(world);
        std::string const value(1900, 'v');
        auto const write = [&] { world.store().write("/local/domain/5/data/long", value); };
        write();
        guest.domain.spawn("reader", [&] {
            std::array<char, 2048> own;
            for (int round = 0; round < 20; ++round)
                REQUIRE(guest.store.read("data/long", own).value() == value);
        });
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(world.random().up_to(1ms));
            REQUIRE(guest.store.connection().pause(guest.in(1s)));
            guest.domain.restore(30min);
            write();
            auto& page = guest.domain.store_page();
            REQUIRE(guest.store.connection().move(page, guest.domain.store_port(), guest.in(5s)));
        });
        world.run();
    });
}

TEST_CASE("watches made and ended while the domain is saved leave nothing behind")
{
    sim::for_each_seed(200, [](sim::World& world) {
        limit(world);
        Guest& guest = world.make<Guest>(world);
        for (int thread = 0; thread < 6; ++thread) {
            guest.domain.spawn("watcher-" + std::to_string(thread), [&] {
                for (int round = 0; round < 10; ++round) {
                    auto watch = guest.store.watch("data").value();
                    std::array<char, 64> own;
                    REQUIRE(watch.next(own, guest.in(1s)).value() == "data");
                }
            });
        }
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(world.random().up_to(500us));
            save_and_restore(guest);
        });
        world.run();
        guest.run([&](Guest&) {
            REQUIRE(guest.store.exists("data"));
            guest.domain.sleep(1s);
            REQUIRE(guest.connection().watches.empty());
        });
    });
}

TEST_CASE("a transaction does not outlive the domain's restoration, and none is left open")
{
    sim::for_each_seed(200, [](sim::World& world) {
        limit(world);
        Guest& guest = world.make<Guest>(world);
        int committed = 0;
        int lost = 0;
        guest.domain.spawn("writer", [&] {
            for (int round = 0; round < 20; ++round) {
                auto const done = guest.store.transaction(
                    [&](store::Operations<sim::Domain>& operations) -> Result<> {
                        LODGER_TRY(operations.read("domid", buffer, guest.in(9s)));
                        return operations.write("data/x", "1", guest.in(9s));
                    });
                if (!done)
                    REQUIRE(done.error() == Errc::disconnected);
                ++(done ? committed : lost);
            }
        });
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(world.random().up_to(1ms));
            save_and_restore(guest);
        });
        world.run();
        REQUIRE(committed + lost == 20);
        REQUIRE(lost <= 1);
        REQUIRE(guest.connection().transactions.empty());
    });
}

TEST_CASE("transactions that wait for their turn while the domain is away are not left open")
{
    sim::for_each_seed(100, [](sim::World& world) {
        limit(world);
        world.store().quotas.transactions = 100;
        Guest& guest = world.make<Guest>(world);
        for (std::size_t thread = 0; thread < store::most_requests + 10; ++thread) {
            guest.domain.spawn("writer-" + std::to_string(thread), [&] {
                auto const nothing = [](store::Operations<sim::Domain>&) { return Result<>{}; };
                for (int round = 0; round < 5; ++round) {
                    auto const done = guest.store.transaction(nothing);
                    REQUIRE((done || done.error() == Errc::disconnected));
                }
            });
        }
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(world.random().up_to(500us));
            save_and_restore(guest);
        });
        world.run();
        REQUIRE(guest.connection().transactions.empty());
    });
}

TEST_CASE("a suspend that is cancelled changes nothing")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto watch = guest.store.watch("data").value();
            REQUIRE(watch.next(buffer, guest.in(1s)));
            REQUIRE(guest.store.connection().pause(guest.in(1s)));
            world.store().write("/local/domain/5/data/x", "1");
            guest.domain.sleep(1ms);
            guest.store.connection().go_on();
            REQUIRE(watch.next(buffer, guest.in(1s)).value() == "data/x");
            REQUIRE(watch.next(buffer, guest.in(10ms)).error() == Errc::timed_out);
            REQUIRE(guest.connection().watches.size() == 1);
            REQUIRE(guest.domain.open_ports() == 1);
        });
    });
}

TEST_CASE("a daemon that does not read makes the pause fail in time, and then all goes on")
{
    sim::for_each_seed(50, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        world.store().silence(true);
        guest.domain.spawn("reader", [&] {
            std::array<char, 64> own;
            REQUIRE(guest.store.read("domid", own).value() == "5");
        });
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(1ms);
            auto const paused = guest.store.connection().pause(guest.in(1s));
            REQUIRE(paused.error() == Errc::timed_out);
            world.store().silence(false);
        });
        world.run();
    });
}

TEST_CASE("the time that a domain is away does not count for who waits in it")
{
    sim::for_each_seed(20, [](sim::World& world) {
        limit(world);
        Guest& guest = world.make<Guest>(world);
        guest.domain.spawn("waiter", [&] {
            auto watch = guest.store.watch("data").value();
            REQUIRE(watch.wait(guest.in(1s)));
            Instant const before = guest.domain.now();
            WaitQueue nobody_wakes;
            REQUIRE(wait(guest.domain, nobody_wakes, guest.in(3s)).error() == Errc::timed_out);
            REQUIRE(guest.domain.now() - before >= 3s);
            REQUIRE(guest.domain.now() - before < 3s + 10ms);
        });
        guest.domain.spawn("saver", [&] {
            guest.domain.sleep(1s);
            save_and_restore(guest);
        });
        world.run();
    });
}
