#include <lodger/store/client.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Guest;

namespace {

using Watch = store::Watch<sim::Domain>;

std::string next(Guest& guest, Watch& watch)
{
    std::array<char, store::longest_absolute_path> buffer;
    return std::string{watch.next(buffer, guest.in(1s)).value()};
}

bool is_quiet(Guest& guest, Watch& watch)
{
    std::array<char, store::longest_absolute_path> buffer;
    auto const event = watch.next(buffer, guest.in(10ms));
    return !event && event.error() == Errc::timed_out;
}

} // namespace

TEST_CASE("a watch fires once when it is made, and then for changes at and below its path")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto watch = guest.store.watch("data").value();
            REQUIRE(next(guest, watch) == "data");
            REQUIRE(is_quiet(guest, watch));
            world.store().write("/local/domain/5/data/x", "1");
            REQUIRE(next(guest, watch) == "data/x");
            world.store().write("/local/domain/5/database", "1");
            REQUIRE(is_quiet(guest, watch));
            world.store().rm("/local/domain/5/data/x");
            REQUIRE(next(guest, watch) == "data/x");
        });
    });
}

TEST_CASE("a watch of an absolute path names absolute paths")
{
    sim::for_each_seed(20, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto watch = guest.store.watch("/local/domain/5/data").value();
            REQUIRE(next(guest, watch) == "/local/domain/5/data");
            REQUIRE(guest.store.write("data/y", "1"));
            REQUIRE(next(guest, watch) == "/local/domain/5/data/y");
        });
    });
}

TEST_CASE("a thousand watches that came and went leave nothing registered")
{
    sim::for_each_seed(5, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            std::vector<Watch> some;
            for (int i = 0; i < 1000; ++i) {
                some.push_back(guest.store.watch("data").value());
                if (some.size() == 20)
                    some.clear();
                if (i % 100 == 0)
                    REQUIRE(guest.connection().watches.size() <= 41);
            }
            some.clear();
            guest.domain.sleep(1s);
            REQUIRE(guest.connection().watches.empty());
        });
    });
}

TEST_CASE("a watch that was taken back behind our back is no harm")
{
    sim::for_each_seed(20, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            {
                auto const watch = guest.store.watch("data").value();
                guest.connection().watches.clear();
            }
            REQUIRE(guest.store.exists("data").value());
        });
    });
}

TEST_CASE("events that come after a watch has ended reach nobody")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            for (int i = 0; i < 5; ++i) {
                auto ended = guest.store.watch("data").value();
                for (int change = 0; change < 3; ++change)
                    world.store().write("/local/domain/5/data/x", std::to_string(change));
            }
            auto watch = guest.store.watch("error").value();
            REQUIRE(next(guest, watch) == "error");
            REQUIRE(is_quiet(guest, watch));
        });
    });
}

TEST_CASE("whoever looks, waits and looks again sees the last change, however many there were")
{
    sim::for_each_seed(200, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto& writer = world.make<sim::ClientDomain>(world.add_domain(9));
            writer.domain.spawn("writer", [&] {
                for (int i = 0; i <= 40; ++i) {
                    world.store().write("/local/domain/5/data/x", std::to_string(i));
                    writer.domain.sleep(world.random().up_to(200us));
                }
            });
            auto watch = guest.store.watch("data/x").value();
            while (guest.store.read<int>("data/x") != 40)
                next(guest, watch);
        });
    });
}

TEST_CASE("more changes than can be kept become one event for the watched path")
{
    sim::for_each_seed(10, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto watch = guest.store.watch("data").value();
            REQUIRE(next(guest, watch) == "data");
            for (int i = 0; i < 500; ++i)
                world.store().write("/local/domain/5/data/" + std::to_string(i), "");
            guest.domain.sleep(1s);
            std::vector<std::string> events;
            while (watch.has_event())
                events.push_back(next(guest, watch));
            REQUIRE(events == std::vector<std::string>{"data"});
        });
    });
}

TEST_CASE("the watch quota is an error, and one watch less makes room again")
{
    sim::for_each_seed(5, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            world.store().quotas.watches = 2; // and one more
            std::vector<Watch> watches;
            for (int i = 0; i < 3; ++i)
                watches.push_back(guest.store.watch("data").value());
            REQUIRE(guest.store.watch("data").error() == Errc::too_large);
            watches.pop_back();
            REQUIRE(guest.store.watch("data"));
        });
    });
}

TEST_CASE("a thread that waits for an event is cancelled by another")
{
    sim::for_each_seed(100, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        Cancellation cancellation;
        guest.domain.spawn("reader", [&] {
            auto watch = guest.store.watch("data").value();
            REQUIRE(next(guest, watch) == "data");
            std::array<char, 64> buffer;
            auto const event = watch.next(buffer, {Instant::max(), &cancellation});
            REQUIRE(event.error() == Errc::cancelled);
        });
        guest.domain.spawn("canceller", [&] {
            guest.domain.sleep(world.random().up_to(5ms));
            cancellation.request(guest.domain);
        });
        world.run();
        guest.run([](Guest& later) { later.domain.sleep(100ms); });
        REQUIRE(guest.connection().watches.empty());
    });
}

TEST_CASE("a condition is waited for until what it reads makes it true")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto& writer = world.make<sim::ClientDomain>(world.add_domain(9));
            writer.domain.spawn("writer", [&] {
                for (char const* const key : {"a", "b"}) {
                    writer.domain.sleep(world.random().up_to(3ms));
                    world.store().write("/local/domain/5/data/"s + key, "1");
                }
            });
            auto const both = guest.store.wait_until(
                [](store::Observer<sim::Domain>& observer) -> Result<bool> {
                    return LODGER_TRY(observer.exists("data/a")) &&
                           LODGER_TRY(observer.exists("data/b"));
                },
                guest.in(1s));
            REQUIRE(both);
            guest.domain.sleep(100ms);
            REQUIRE(guest.connection().watches.empty());
        });
    });
}
