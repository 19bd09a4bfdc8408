// What the daemon refuses according to a plan: rights that come late, quotas, collisions.

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

/// One of the calls of a client, whichever the seed has chosen.
Result<> any_call(Guest& guest)
{
    switch (guest.domain.world().random().below(5)) {
    case 0: return guest.store.write("data/x", 1);
    case 1: return guest.store.mkdir("data/d");
    case 2: return guest.store.rm("data/r");
    case 3: {
        auto const read = guest.store.exists("data/x");
        return read ? Result<>{} : Failure{read.error()};
    }
    default: {
        auto const names = guest.store.list("data");
        return names ? Result<>{} : Failure{names.error()};
    }
    }
}

} // namespace

TEST_CASE("the first calls are denied, then they are allowed, and none hurts the next")
{
    sim::for_each_seed(800, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            std::size_t const denied = world.random().below(30);
            guest.domain.faults().plan(Fault::store_denied, denied);
            for (std::size_t i = 0; i < denied + 10; ++i) {
                auto const done = any_call(guest);
                REQUIRE(done.has_value() == (i >= denied));
                REQUIRE((done || done.error() == Errc::denied));
            }
        });
    });
}

TEST_CASE("a condition on what may not be read yet fails, and holds once it may")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            world.store().write("/local/domain/5/data/x", "1");
            std::size_t const denied = world.random().between(1, 10);
            guest.domain.faults().plan(Fault::store_denied, denied);
            auto const holds = [](auto& observer) -> Result<bool> {
                return LODGER_TRY(observer.template read<int>("data/x")) == 1;
            };
            for (std::size_t i = 0; i < denied; ++i)
                REQUIRE(guest.store.wait_until(holds, guest.in(1s)).error() == Errc::denied);
            REQUIRE(guest.store.wait_until(holds, guest.in(1s)));
            guest.domain.sleep(100ms);
            REQUIRE(guest.connection().watches.empty());
        });
    });
}

TEST_CASE("each quota has its error, and what was refused works when there is room")
{
    sim::for_each_seed(200, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            sim::Faults& faults = guest.domain.faults();
            std::size_t const times = world.random().between(1, 5);
            faults.plan(Fault::store_no_space, times);
            faults.plan(Fault::store_too_big, times);
            faults.plan(Fault::store_busy, times);
            auto const body = [&](auto& operations) {
                return operations.read("domid", buffer, guest.in(1s));
            };
            for (std::size_t i = 0; i < times; ++i) {
                REQUIRE(guest.store.write("data/x", 1).error() == Errc::quota);
                REQUIRE(guest.store.watch("data").error() == Errc::too_large);
                REQUIRE(guest.store.transaction(body).error() == Errc::busy);
            }
            REQUIRE(guest.store.write("data/x", 1));
            REQUIRE(guest.store.watch("data"));
            REQUIRE(guest.store.transaction(body).value() == "5");
            guest.domain.sleep(100ms);
            REQUIRE(guest.connection().watches.empty());
            REQUIRE(guest.connection().transactions.empty());
        });
    });
}

TEST_CASE("what a transaction may hold is bounded, and nothing of one too large remains")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            std::size_t const most = world.random().between(5, 20);
            world.store().quotas.transaction_nodes = most;
            std::size_t done = 0;
            auto const outcome = guest.store.transaction([&](auto& operations) -> Result<> {
                for (done = 0; done < most; ++done) {
                    std::string const path = "data/n" + std::to_string(done);
                    LODGER_TRY(operations.write(std::string_view{path}, 1, guest.in(1s)));
                }
                return {};
            });
            REQUIRE(outcome.error() == Errc::quota);
            REQUIRE(done == most - 1); // and the one above them
            REQUIRE_FALSE(world.store().read("/local/domain/5/data/n0"));
            REQUIRE(guest.connection().transactions.empty());
            REQUIRE(guest.store.write("data/n0", 1));
        });
    });
}

TEST_CASE("a node too many ends a transaction when it is committed")
{
    sim::for_each_seed(100, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            std::size_t const owned = world.store().tree().nodes_of(guest.domain.id());
            std::size_t const room = world.random().between(1, 5);
            world.store().quotas.nodes = owned + room;
            auto const write_nodes = [&](std::size_t count) {
                return guest.store.transaction([&](auto& operations) -> Result<> {
                    for (std::size_t i = 0; i < count; ++i) {
                        std::string const path = "data/n" + std::to_string(i);
                        LODGER_TRY(operations.write(std::string_view{path}, 1, guest.in(1s)));
                    }
                    return {};
                });
            };
            REQUIRE(write_nodes(room).error() == Errc::quota);
            REQUIRE(world.store().tree().nodes_of(guest.domain.id()) == owned);
            REQUIRE(write_nodes(room - 1));
        });
    });
}

TEST_CASE("storms of collisions hit several threads at once, and none loses its work")
{
    sim::for_each_seed(100, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        constexpr int threads = 4;
        guest.domain.faults().rate(Fault::store_conflict, world.random().between(2, 4));
        world.store().write("/local/domain/5/data/count", "0");
        for (int thread = 0; thread < threads; ++thread) {
            guest.domain.spawn("counter-" + std::to_string(thread), [&guest] {
                for (int round = 0; round < 5; ++round) {
                    REQUIRE(guest.store.transaction([&](auto& operations) -> Result<> {
                        auto const count =
                            LODGER_TRY(operations.template read<int>("data/count", guest.in(9s)));
                        return operations.write("data/count", count + 1, guest.in(9s));
                    }));
                }
            });
        }
        world.run();
        REQUIRE(world.store().read("/local/domain/5/data/count") == std::to_string(threads * 5));
    });
}
