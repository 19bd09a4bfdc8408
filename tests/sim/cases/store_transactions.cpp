#include <lodger/store/client.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Fault;
using sim::Guest;

namespace {

using Transaction = store::Operations<sim::Domain>;

/// Runs a transaction that the daemon refuses so many times, and counts how often its body ran.
Result<> with_conflicts(Guest& guest, std::size_t conflicts, int& runs)
{
    guest.domain.faults().plan(Fault::store_conflict, conflicts);
    return guest.store.transaction([&](Transaction& transaction) {
        ++runs;
        return transaction.write("data/x", std::string_view{"done"}, guest.in(20s));
    });
}

} // namespace

TEST_CASE("a transaction that collides is run again, as often as need be up to the bound")
{
    for (std::size_t const conflicts : {0, 1, 31}) {
        sim::for_each_seed(20, [=](sim::World& world) {
            sim::in_guest(world, [&](Guest& guest) {
                int runs = 0;
                REQUIRE(with_conflicts(guest, conflicts, runs));
                REQUIRE(runs == static_cast<int>(conflicts) + 1);
                REQUIRE(world.store().read("/local/domain/5/data/x") == "done");
                REQUIRE(guest.connection().transactions.empty());
            });
        });
    }
}

TEST_CASE("a transaction that always collides ends in an error, and none stays open")
{
    for (std::size_t const conflicts : {32, 33, 1000}) {
        sim::for_each_seed(10, [=](sim::World& world) {
            sim::in_guest(world, [&](Guest& guest) {
                int runs = 0;
                REQUIRE(with_conflicts(guest, conflicts, runs).error() == Errc::again);
                REQUIRE(runs == store::most_attempts);
                REQUIRE_FALSE(world.store().read("/local/domain/5/data/x"));
                REQUIRE(guest.connection().transactions.empty());
            });
        });
    }
}

TEST_CASE("a body that fails has its transaction thrown away")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto const failed = guest.store.transaction([&](Transaction& transaction) -> Result<> {
                LODGER_TRY(transaction.write("data/x", std::string_view{"half"}, guest.in(5s)));
                return Failure{Errc::unsupported};
            });
            REQUIRE(failed.error() == Errc::unsupported);
            REQUIRE(guest.connection().transactions.empty());
            REQUIRE_FALSE(world.store().read("/local/domain/5/data/x"));
        });
    });
}

TEST_CASE("a transaction gives back what its body computed")
{
    sim::for_each_seed(10, [](sim::World& world) {
        sim::in_guest(world, [](Guest& guest) {
            auto const id = guest.store.transaction([&](Transaction& transaction) {
                return transaction.read<int>("domid", guest.in(5s));
            });
            REQUIRE(id == 5);
        });
    });
}

TEST_CASE("domains that count together in transactions lose no count")
{
    sim::for_each_seed(50, [](sim::World& world) {
        auto& store = world.store();
        store.write("/count", "0");
        store.permit("/count", {{'b', 0}});
        constexpr int domains = 3;
        constexpr int rounds = 5;
        for (std::uint16_t id = 10; id < 10 + domains; ++id) {
            auto& client = world.make<sim::ClientDomain>(world.add_domain(id));
            client.domain.spawn("counter", [&client] {
                Deadline const deadline = after(client.domain, 60s);
                for (int i = 0; i < rounds; ++i) {
                    auto const counted = client.store.transaction(
                        [&](Transaction& transaction) -> Result<> {
                            auto const count =
                                LODGER_TRY(transaction.read<unsigned>("/count", deadline));
                            return transaction.write("/count", count + 1, deadline);
                        },
                        deadline);
                    REQUIRE(counted);
                }
            });
        }
        world.run();
        REQUIRE(store.read("/count") == std::to_string(domains * rounds));
    });
}

TEST_CASE("what a committed transaction read was true at one time")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto& writer = world.make<sim::ClientDomain>(world.add_domain(9));
            auto& store = world.store();
            for (char const* const path : {"/pair/a", "/pair/b"}) {
                store.write(path, "0");
                store.permit(path, {{'b', 0}});
            }
            writer.domain.spawn("writer", [&] {
                for (int i = 1; i <= 20; ++i) {
                    store.write("/pair/a", std::to_string(i));
                    store.write("/pair/b", std::to_string(i));
                    writer.domain.sleep(300us);
                }
            });
            for (int i = 0; i < 10; ++i) {
                std::pair<int, int> seen;
                auto const read =
                    guest.store.transaction([&](Transaction& transaction) -> Result<> {
                        seen.first = LODGER_TRY(transaction.read<int>("/pair/a", guest.in(5s)));
                        seen.second = LODGER_TRY(transaction.read<int>("/pair/b", guest.in(5s)));
                        return {};
                    });
                REQUIRE((read || read.error() == Errc::again));
                if (read)
                    REQUIRE(seen.first == seen.second);
            }
        });
    });
}

TEST_CASE("a transaction whose time runs out is not left open once the daemon answers")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto const late = guest.store.transaction(
                [&](Transaction& transaction) -> Result<> {
                    world.store().silence(true);
                    auto const written =
                        transaction.write("data/x", std::string_view{"1"}, guest.in(10ms));
                    world.store().silence(false);
                    return written;
                },
                guest.in(100ms));
            REQUIRE(late.error() == Errc::timed_out);
            REQUIRE(guest.store.exists("data").value());
            REQUIRE(guest.connection().transactions.empty());
        });
    });
}

TEST_CASE("callers whose time runs out before their transactions begin leave none open")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto const nothing = [](Transaction&) { return Result<>{}; };
            world.store().silence(true);
            for (int i = 0; i < 15; ++i)
                REQUIRE(guest.store.transaction(nothing, guest.in(1ms)).error() == Errc::timed_out);
            world.store().silence(false);
            guest.domain.sleep(1s);
            REQUIRE(guest.connection().transactions.empty());
            REQUIRE(guest.store.transaction(nothing));
        });
    });
}

TEST_CASE("a transaction that cannot be thrown away while a suspend is tried is so afterwards")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto& connection = guest.store.connection();
            auto const failed = guest.store.transaction([&](Transaction&) -> Result<> {
                REQUIRE(connection.pause(guest.in(1s)));
                return Failure{Errc::unsupported};
            });
            REQUIRE(failed.error() == Errc::unsupported);
            connection.go_on();
            REQUIRE(guest.store.exists("data").value());
            REQUIRE(guest.connection().transactions.empty());
        });
    });
}

TEST_CASE("a transaction that no request is left for is thrown away when there is one again")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            auto& connection = guest.store.connection();
            std::vector<store::Session::Ticket> others;
            auto const committed = guest.store.transaction(
                [&](Transaction&) -> Result<> {
                    world.store().silence(true);
                    while (others.size() < store::most_requests)
                        others.push_back(
                            connection
                                .begin(
                                    {.type = store::Type::read, .pieces = {"domid", {"\0", 1}}}, {},
                                    guest.in(1s))
                                .value());
                    return {};
                },
                guest.in(10ms));
            REQUIRE(committed.error() == Errc::timed_out);
            world.store().silence(false);
            for (auto const ticket : others)
                REQUIRE(connection.finish(ticket, guest.in(1s)));
            guest.domain.sleep(1s);
            REQUIRE(guest.connection().transactions.empty());
        });
    });
}
