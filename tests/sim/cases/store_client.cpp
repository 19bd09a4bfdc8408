#include <lodger/store/client.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>
#include <map>

using namespace lodger;
using namespace std::literals;
using sim::Guest;

namespace {

std::string random_value(sim::Random& random, std::size_t most)
{
    std::string value(random.below(most + 1), '\0');
    std::ranges::generate(value, [&] { return static_cast<char>(random.next()); });
    return value;
}

} // namespace

TEST_CASE("what was written is read, listed and removed, whatever its bytes")
{
    sim::for_each_seed(200, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            std::map<std::string, std::string> expected;
            std::array<char, store::most_payload> buffer;
            for (int step = 0; step < 30; ++step) {
                std::string const key = "k" + std::to_string(world.random().below(8));
                store::Path const path{"data", key};
                if (world.random().chance(4)) {
                    REQUIRE(guest.store.rm(path));
                    expected.erase(key);
                } else {
                    std::string const value = random_value(world.random(), 2000);
                    REQUIRE(guest.store.write(path, std::string_view{value}));
                    expected[key] = value;
                }
                auto const read = guest.store.read(path, buffer);
                if (expected.contains(key))
                    REQUIRE(read.value() == expected[key]);
                else
                    REQUIRE(read.error() == Errc::not_found);
            }
            std::vector<std::string> names;
            auto const listed = guest.store.directory("data", buffer).value();
            for (std::string_view const name : listed)
                names.emplace_back(name);
            std::ranges::sort(names);
            REQUIRE(std::ranges::equal(names, expected, {}, {}, [](auto& e) { return e.first; }));
        });
    });
}

TEST_CASE("a node is made with its parents, may be made twice, and goes with all below it")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [](Guest& guest) {
            REQUIRE(guest.store.mkdir("data/a/b/c"));
            REQUIRE(guest.store.mkdir("data/a/b/c"));
            REQUIRE(guest.store.exists("data/a/b").value());
            REQUIRE(guest.store.rm("data/a"));
            REQUIRE_FALSE(guest.store.exists("data/a/b/c").value());
            REQUIRE(guest.store.rm("data/a"));
            REQUIRE(guest.store.rm("data/a/b").error() == Errc::not_found);
        });
    });
}

TEST_CASE("many values are read together, in the order of asking")
{
    sim::for_each_seed(100, [](sim::World& world) {
        for (int i = 0; i < 50; ++i)
            world.store().write("/local/domain/0/n" + std::to_string(i), std::to_string(i * i));
        world.store().permit("/local/domain/0", {{'r', 0}});
        for (int i = 0; i < 50; ++i)
            world.store().permit("/local/domain/0/n" + std::to_string(i), {{'r', 0}});
        sim::in_guest(world, [](Guest& guest) {
            std::vector<std::string> names;
            std::vector<store::Path> paths;
            for (int i = 0; i < 50; ++i)
                names.push_back("n" + std::to_string(i));
            for (std::string const& name : names)
                paths.emplace_back("/local/domain/0", name);
            std::size_t seen = 0;
            auto const each = [&](std::size_t index, Result<std::string_view> text) -> Result<> {
                REQUIRE(index == seen++);
                REQUIRE(text.value() == std::to_string(index * index));
                return {};
            };
            REQUIRE(guest.store.read_each(paths, guest.in(5s), each));
            REQUIRE(seen == 50);
        });
    });
}

TEST_CASE("many threads that each want many replies together get them all")
{
    sim::for_each_seed(50, [](sim::World& world) {
        auto& guest = world.make<Guest>(world);
        for (int i = 0; i < 15; ++i)
            world.store().write("/local/domain/5/data/n" + std::to_string(i), std::to_string(i));
        for (int thread = 0; thread < 8; ++thread)
            guest.domain.spawn("reader-" + std::to_string(thread), [&guest] {
                std::vector<std::string> names;
                for (int i = 0; i < 15; ++i)
                    names.push_back("n" + std::to_string(i));
                std::vector<store::Path> paths;
                for (std::string const& name : names)
                    paths.emplace_back("data", name);
                auto const each = [](std::size_t index, Result<std::string_view> text) -> Result<> {
                    REQUIRE(text.value() == std::to_string(index));
                    return {};
                };
                for (int round = 0; round < 10; ++round) {
                    std::size_t const some = 1 + guest.domain.world().random().below(15);
                    auto const wanted = std::span{paths}.first(some);
                    REQUIRE(guest.store.read_each(wanted, guest.in(5s), each));
                }
            });
        world.run();
    });
}

TEST_CASE("a reply of 4096 bytes arrives whole, and one too large for its buffer hurts no other")
{
    sim::for_each_seed(100, [](sim::World& world) {
        std::string const large = random_value(world.random(), 0) + std::string(4096, 'L');
        sim::in_guest(world, [&](Guest& guest) {
            world.store().write("/local/domain/5/data/large", large);
            std::array<char, store::most_payload> buffer;
            std::array<char, 4095> small;
            for (int i = 0; i < 3; ++i) {
                REQUIRE(guest.store.read("data/large", buffer).value() == large);
                REQUIRE(guest.store.read("data/large", small).error() == Errc::too_large);
                REQUIRE(guest.store.read("domid", buffer).value() == "5");
            }
        });
    });
}

TEST_CASE("a write of 4097 bytes is refused here, and the connection is as it was")
{
    sim::for_each_seed(50, [](sim::World& world) {
        sim::in_guest(world, [&](Guest& guest) {
            std::size_t const changes = world.store().history().size();
            std::string const value(4096, 'v');
            std::string_view const fits = std::string_view{value}.substr(0, 4096 - 7);
            REQUIRE(
                guest.store.write("data/x", std::string_view{value}.substr(0, 4096 - 6)).error() ==
                Errc::too_large);
            REQUIRE(world.store().history().size() == changes);
            // What the protocol carries, the daemon may still refuse.
            REQUIRE(guest.store.write("data/x", fits).error() == Errc::quota);
            REQUIRE(guest.store.write("data/x", "short"));
            REQUIRE(world.store().read("/local/domain/5/data/x") == "short");
        });
    });
}

TEST_CASE("a path that nobody would take is refused here")
{
    sim::for_each_seed(5, [](sim::World& world) {
        sim::in_guest(world, [](Guest& guest) {
            std::array<char, 16> buffer;
            REQUIRE(guest.store.read("a b", buffer).error() == Errc::invalid_argument);
            std::string const path(3000, 'a');
            REQUIRE(guest.store.rm(std::string_view{path}).error() == Errc::too_large);
        });
    });
}

TEST_CASE("what belongs to others may not be touched")
{
    sim::for_each_seed(20, [](sim::World& world) {
        world.store().write("/secret", "s");
        sim::in_guest(world, [](Guest& guest) {
            std::array<char, 16> buffer;
            REQUIRE(guest.store.read("/secret", buffer).error() == Errc::denied);
            REQUIRE(guest.store.write("/secret", "mine").error() == Errc::denied);
            REQUIRE(guest.store.write("name", "mine").error() == Errc::denied);
            REQUIRE(guest.store.rm("/secret").error() == Errc::denied);
        });
    });
}

TEST_CASE("many threads use one connection at once")
{
    sim::for_each_seed(100, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        for (int thread = 0; thread < 30; ++thread) {
            guest.domain.spawn("user-" + std::to_string(thread), [&world, &guest, thread] {
                std::string const path = "data/t" + std::to_string(thread);
                for (int i = 0; i < 5; ++i) {
                    std::string const value = random_value(world.random(), 300);
                    std::array<char, 300> buffer;
                    REQUIRE(guest.store.write(std::string_view{path}, std::string_view{value}));
                    REQUIRE(guest.store.read(std::string_view{path}, buffer).value() == value);
                }
            });
        }
        world.run();
    });
}

TEST_CASE("more names than one message holds are listed in parts")
{
    sim::for_each_seed(30, [](sim::World& world) {
        std::size_t const count = world.random().below(1000);
        for (std::size_t i = 0; i < count; ++i)
            world.store().write("/local/domain/5/data/name-" + std::to_string(i), "");
        sim::in_guest(world, [&](Guest& guest) {
            auto const list = guest.store.list("data").value();
            std::size_t seen = 0;
            for (std::string_view const name : list.names())
                seen += name.starts_with("name-");
            REQUIRE(seen == count);
        });
    });
}

TEST_CASE("a domain knows its own path")
{
    sim::for_each_seed(5, [](sim::World& world) {
        sim::in_guest(world, [](Guest& guest) {
            std::array<char, 64> buffer;
            REQUIRE(guest.store.domain_path(Domain{7}, buffer).value() == "/local/domain/7");
        });
    });
}
