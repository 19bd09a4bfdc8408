// A daemon that dies, and another in its place, with and without the means to begin anew.

#include <lodger/store/client.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Fault;
using sim::Guest;

namespace {

using Watch = store::Watch<sim::Domain>;

constexpr std::uint32_t begins_anew =
    XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;

/// Has the daemon die at some step from now on, and restarts it each time, so many times.
void let_daemon_die(sim::World& world, Guest& guest, std::size_t times)
{
    guest.domain.serve("toolstack", [&world, &guest, times] {
        sim::Random& random = world.random();
        sim::Faults& faults = world.find(Domain{0})->faults();
        auto const wait_until = [&](auto holds) {
            while (!holds() && !world.is_finishing())
                guest.domain.sleep(random.up_to(1ms));
        };
        for (std::size_t i = 0; i < times && !world.is_finishing(); ++i) {
            faults.plan(Fault::store_dies, 1, random.below(100));
            wait_until([&] { return faults.struck(Fault::store_dies) > i; });
            guest.domain.sleep(random.up_to(30ms));
            world.store().restart();
            wait_until([&] { return !world.store().is_down(); });
            guest.domain.sleep(random.up_to(5ms));
        }
    });
}

/// Does it again, after a reconnection, as long as there is need for that.
template <class Action>
Result<> persist(Guest& guest, Action action)
{
    for (int attempt = 0; attempt < 20; ++attempt) {
        std::uint32_t const epoch = guest.store.connection().epoch();
        auto const done = action();
        bool const is_lost =
            !done && (done.error() == Errc::disconnected || done.error() == Errc::timed_out);
        if (!is_lost)
            return done ? Result<>{} : Failure{done.error()};
        // A daemon that is down does not answer, and says nothing in `error`.
        static_cast<void>(guest.store.connection().reconnect(guest.in(100ms), epoch));
    }
    return Failure{Errc::timed_out};
}

/// How often the daemon has a watch of this path.
std::ptrdiff_t registered(Guest& guest, std::string const& path)
{
    return std::ranges::count(guest.connection().watches, path, &sim::RegisteredWatch::path);
}

} // namespace

TEST_CASE("watches may end while a reconnection registers the others again")
{
    sim::for_each_seed(300, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        sim::Random& random = world.random();
        world.store().offer(begins_anew);
        std::vector<std::optional<Watch>> watches(12);
        bool has_begun = false;
        guest.domain.spawn("ender", [&] {
            while (!has_begun)
                guest.domain.sleep(20us);
            for (int i = 0; i < 8; ++i) {
                guest.domain.sleep(random.up_to(300us));
                watches[random.below(watches.size())].reset();
            }
            has_begun = false;
        });
        guest.domain.spawn("main", [&] {
            for (std::size_t i = 0; i < watches.size(); ++i) {
                std::string const path = "data/" + std::to_string(i);
                watches[i].emplace(guest.store.watch(std::string_view{path}).value());
            }
            // Requests that are over and whose replies nobody takes: few are left for the others.
            store::Batch<sim::Domain> batch{guest.store.connection()};
            for (std::uint64_t held = random.below(store::most_requests); held > 0; --held)
                REQUIRE(batch.begin(
                    {.type = store::Type::read, .pieces = {"data", "\0"sv}}, {}, guest.in(1s)));
            world.store().give_up_on(guest.domain, XENSTORE_ERROR_COMM);
            has_begun = true;
            REQUIRE(guest.store.connection().reconnect(guest.in(5s)));
            while (has_begun)
                guest.domain.sleep(100us);
            guest.domain.sleep(1s);
            for (std::size_t i = 0; i < watches.size(); ++i) {
                std::string const path = guest.connection().home() + "/data/" + std::to_string(i);
                REQUIRE(registered(guest, path) == watches[i].has_value());
            }
        });
        world.run();
    });
}

TEST_CASE("threads that all reconnect at once, and make watches, do not hinder each other")
{
    sim::for_each_seed(300, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        world.store().offer(begins_anew);
        for (int thread = 0; thread < 5; ++thread) {
            guest.domain.spawn("user-" + std::to_string(thread), [&world, &guest, thread] {
                std::string const path = "data/" + std::to_string(thread);
                std::string_view const view = path;
                std::optional<Watch> watch;
                for (int round = 0; round < 4; ++round) {
                    guest.domain.sleep(world.random().up_to(1ms));
                    if (thread == 0)
                        world.store().give_up_on(guest.domain, XENSTORE_ERROR_COMM);
                    REQUIRE(persist(guest, [&] { return guest.store.write(view, round); }));
                    REQUIRE(persist(guest, [&]() -> Result<> {
                        watch.emplace(LODGER_TRY(guest.store.watch(view)));
                        return {};
                    }));
                    REQUIRE(persist(guest, [&] { return guest.store.exists(view); }));
                }
                REQUIRE(world.store().read("/local/domain/5/" + path) == "3");
            });
        }
        world.run();
    });
}

TEST_CASE("a daemon that dies at any step and is replaced loses no client that it lets begin anew")
{
    sim::for_each_seed(300, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        world.store().offer(begins_anew);
        let_daemon_die(world, guest, 3);
        for (int thread = 0; thread < 4; ++thread) {
            guest.domain.spawn("user-" + std::to_string(thread), [&guest, thread] {
                std::string const path = "data/" + std::to_string(thread);
                std::string_view const view = path;
                for (int round = 0; round < 10; ++round) {
                    REQUIRE(persist(
                        guest, [&] { return guest.store.write(view, round, guest.in(50ms)); }));
                    Result<int> read = Failure{Errc::unknown};
                    REQUIRE(persist(
                        guest, [&] { return read = guest.store.read<int>(view, guest.in(50ms)); }));
                    REQUIRE(read == round);
                    REQUIRE(persist(guest, [&] {
                        return guest.store.transaction(
                            [&](auto& operations) {
                                return operations.write(view, round, guest.in(50ms));
                            },
                            guest.in(50ms));
                    }));
                }
            });
        }
        world.run();
    });
}

TEST_CASE("watches outlive the daemon, and tell what was changed while there was none")
{
    sim::for_each_seed(200, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            world.store().offer(begins_anew);
            std::array<char, 64> buffer;
            auto watch = guest.store.watch("data/x").value();
            REQUIRE(watch.wait(guest.in(1s)));
            world.store().die();
            world.store().write("/local/domain/5/data/x", "new");
            guest.domain.sleep(world.random().up_to(10ms));
            world.store().restart();
            auto event = watch.next(buffer, guest.in(1s));
            while (!event && event.error() == Errc::disconnected) {
                REQUIRE(guest.store.connection().reconnect(guest.in(1s)));
                event = watch.next(buffer, guest.in(1s));
            }
            REQUIRE(event.value() == "data/x");
            REQUIRE(guest.store.read("data/x", buffer).value() == "new");
        });
    });
}

TEST_CASE("without the means to begin anew, a daemon that dies costs deadlines and is never a hang")
{
    sim::for_each_seed(300, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        let_daemon_die(world, guest, 2);
        guest.domain.spawn("user", [&] {
            for (int round = 0; round < 40; ++round) {
                Instant const before = world.now();
                std::array<char, 64> buffer;
                static_cast<void>(guest.store.write("data/x", round, guest.in(30ms)));
                static_cast<void>(guest.store.read("data/x", buffer, guest.in(30ms)));
                static_cast<void>(guest.store.watch("data/x", guest.in(30ms)));
                static_cast<void>(guest.store.transaction(
                    [&](auto& operations) { return operations.exists("data", guest.in(30ms)); },
                    guest.in(30ms)));
                // The last one may also take a second to give its transaction back.
                REQUIRE(world.now() - before < 4 * 30ms + 1s + 20ms);
                REQUIRE(
                    guest.store.connection().reconnect(guest.in(1s)).error() ==
                    Errc::not_implemented);
            }
        });
        world.run();
    });
}
