// The console against a daemon that reads, and types, when it likes.

#include <lodger/console/console.hpp>
#include <lodger/event/event_channel.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;

namespace {

using Channel = event::EventChannel<sim::Domain>;

/// A guest's console page, with its daemon in another domain at the end of an event channel.
struct ConsoleRig {
    explicit ConsoleRig(sim::World& world)
        : ConsoleRig{world.make<sim::Guest>(world), world.add_domain(7)}
    {
    }

    ConsoleRig(sim::Guest& whose, sim::Domain& shown_by)
        : guest{whose},
          daemon{shown_by},
          memory{guest.domain.allocate_pages(1).value()},
          page{*reinterpret_cast<console::Page*>(memory.data())},
          port{guest.domain.alloc_unbound(daemon.id()).value()},
          channel{Channel::bind(daemon, guest.domain.id(), port).value()}
    {
    }

    /// Reads what there is, a random amount at a time, until `size` bytes have come.
    void read(std::size_t size)
    {
        daemon.spawn("console daemon", [this, size] {
            ring::ByteConsumer<sim::Memory> output{page.out, page.out_cons, page.out_prod};
            while (shown.size() < size) {
                std::array<char, sizeof page.out> bytes;
                bool const all = world().random().chance(2);
                std::size_t const most = all ? bytes.size() : world().random().between(1, 64);
                auto const count = output.read(std::span{bytes}.first(most));
                REQUIRE(count);
                shown.append(bytes.data(), *count);
                if (*count > 0)
                    REQUIRE(channel.notify());
                else
                    daemon.sleep(world().random().up_to(20us));
            }
        });
    }

    sim::World& world() { return guest.domain.world(); }

    sim::Guest& guest;
    sim::Domain& daemon;
    std::span<std::byte> memory;
    console::Page& page;
    Port port;
    Channel channel;
    std::string shown;
};

} // namespace

TEST_CASE("everything written arrives, however the daemon reads")
{
    sim::for_each_seed(300, [](sim::World& world) {
        ConsoleRig& rig = world.make<ConsoleRig>(world);
        std::string text;
        for (int line = 0; line < 300; ++line)
            text += "line " + std::to_string(line) + " of what the guest says\n";
        std::string expected;
        for (char const c : text)
            expected += c == '\n' ? "\r\n"s : std::string(1, c);
        rig.read(expected.size());
        rig.guest.run([&](sim::Guest& guest) {
            console::Console<sim::Domain> console{guest.domain, rig.page, rig.port};
            REQUIRE(console.write(text));
            REQUIRE(console.drain());
        });
        REQUIRE(rig.shown == expected);
    });
}

TEST_CASE("a console that nobody reads costs a second, once")
{
    sim::for_each_seed(50, [](sim::World& world) {
        ConsoleRig& rig = world.make<ConsoleRig>(world);
        rig.guest.run([&](sim::Guest& guest) {
            console::Console<sim::Domain> console{guest.domain, rig.page, rig.port};
            Instant const start = guest.domain.now();
            std::string const text(5000, 'x');
            for (int i = 0; i < 10; ++i)
                REQUIRE(console.write(text).error() == Errc::timed_out);
            REQUIRE(guest.domain.now() - start < 1100ms);
        });
    });
}

TEST_CASE("a console that says it is disconnected is not waited for")
{
    sim::for_each_seed(50, [](sim::World& world) {
        ConsoleRig& rig = world.make<ConsoleRig>(world);
        rig.guest.run([&](sim::Guest& guest) {
            auto& connection = const_cast<std::uint8_t&>(console::connection_of(rig.page));
            connection = console::disconnected;
            console::Console<sim::Domain> console{guest.domain, rig.page, rig.port};
            Instant const start = guest.domain.now();
            REQUIRE(console.write(std::string(5000, 'x')).error() == Errc::timed_out);
            REQUIRE(console.drain().error() == Errc::timed_out);
            REQUIRE(guest.domain.now() - start < 10ms);
        });
    });
}

TEST_CASE("an index that cannot be is an error, and nothing is read or written beyond the ring")
{
    sim::for_each_seed(50, [](sim::World& world) {
        ConsoleRig& rig = world.make<ConsoleRig>(world);
        rig.guest.run([&](sim::Guest& guest) {
            console::Console<sim::Domain> console{guest.domain, rig.page, rig.port};
            rig.page.in_prod = rig.page.in_cons + sizeof rig.page.in + 1;
            std::array<char, 64> keys;
            REQUIRE(console.read(keys, guest.in(1s)).error() == Errc::protocol);
            rig.page.out_cons = rig.page.out_prod + 1;
            REQUIRE(console.write("x").error() == Errc::protocol);
        });
    });
}

TEST_CASE("whoever waits for keys hears of them on the port that the console has moved to")
{
    sim::for_each_seed(50, [](sim::World& world) {
        ConsoleRig& before = world.make<ConsoleRig>(world);
        sim::Guest& guest = before.guest;
        ConsoleRig& rig = world.make<ConsoleRig>(guest, before.daemon);
        guest.run([&](sim::Guest&) {
            console::Console<sim::Domain> console{guest.domain, before.page, before.port};
            unsigned typed = 0;
            for (char const* const reader : {"one reader", "another"})
                guest.domain.spawn(reader, [&] {
                    std::array<char, 1> key;
                    REQUIRE(console.read(key, guest.in(1s)));
                    ++typed;
                });
            guest.domain.sleep(10us);
            guest.domain.unlisten(before.port); // as all ports when the domain is restored
            REQUIRE(console.move(rig.page, rig.port));
            for (unsigned const keys : {1, 2}) {
                guest.domain.sleep(10us); // so that both wait again
                rig.page.in_prod += 1;
                REQUIRE(rig.channel.notify());
                guest.domain.sleep(1ms);
                REQUIRE(typed == keys);
            }
        });
    });
}
