// That threads which share a connection get on, whatever the others and the daemon do.

#include <lodger/store/client.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>
#include <cstring>

using namespace lodger;
using namespace std::literals;
using sim::Guest;

namespace {

store::Request const read_domid{.type = store::Type::read, .pieces = {"domid", "\0"sv}};

/// Puts events into the ring of replies until it is full, in one step: a daemon that is faster than
/// anybody can read.
class Flood {
public:
    explicit Flood(store::Page& page) : page_{page}
    {
        std::string_view const payload{
            "data\0"
            "1\0",
            7};
        store::Header const header{
            XS_WATCH_EVENT, 0, 0, static_cast<std::uint32_t>(payload.size())};
        event_.assign(reinterpret_cast<char const*>(&header), sizeof header);
        event_ += payload;
    }

    void fill()
    {
        std::uint32_t prod = page_.rsp_prod;
        while (sizeof page_.rsp - (prod - page_.rsp_cons) >= event_.size()) {
            for (char const c : event_)
                page_.rsp[prod++ % sizeof page_.rsp] = c;
            ++events;
        }
        page_.rsp_prod = prod;
    }

    std::size_t events = 0;

private:
    store::Page& page_;
    std::string event_;
};

} // namespace

TEST_CASE("who waits for a request to come free goes on as soon as one does")
{
    sim::for_each_seed(200, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        bool const abandons = world.random().chance(2);
        Instant came_free = Instant::max();
        bool is_full = false;
        guest.domain.spawn("hoarder", [&] {
            std::array<char, 64> reply;
            std::optional<store::Batch<sim::Domain>> batch{guest.store.connection()};
            while (!batch->is_full())
                REQUIRE(batch->begin(read_domid, reply, guest.in(1s)));
            is_full = true;
            guest.domain.sleep(60ms + world.random().up_to(45ms));
            came_free = world.now();
            if (abandons)
                batch.reset();
            else
                REQUIRE(batch->finish(guest.in(1s)));
            guest.domain.sleep(1s);
        });
        guest.domain.spawn("waiter", [&] {
            std::array<char, 64> reply;
            while (!is_full)
                guest.domain.sleep(1ms);
            REQUIRE(guest.store.read("domid", reply).value() == "5");
            REQUIRE(world.now() > came_free);
            // A round trip, of domains that may take a millisecond to wake up each time.
            REQUIRE(world.now() - came_free < 10ms);
        });
        world.run();
    });
}

TEST_CASE("a daemon that sends events without end leaves the application its progress")
{
    sim::for_each_seed(50, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        store::Page& page = guest.domain.store_page();
        Flood flood{page};
        std::size_t steps = 0;
        guest.domain.spawn("application", [&] {
            auto watch = guest.store.watch("data").value();
            guest.domain.sleep(100ms); // Nothing is on its way now.
            world.store().silence(true);
            world.observe_stores([&](sim::SharedStore const& store) {
                bool const ended = flood.events > 200'000; // so that it can fail, not hang
                if (store.address == &page.rsp_cons && !ended)
                    flood.fill();
            });
            flood.fill();
            for (; steps < 50; ++steps) {
                std::array<char, 64> path;
                std::size_t const before = flood.events;
                REQUIRE(watch.next(path, guest.in(1s)));
                REQUIRE(guest.store.read("domid", path, guest.in(1ms)).error() == Errc::timed_out);
                REQUIRE(flood.events - before < 2000);
            }
            world.observe_stores({});
        });
        world.run();
    });
}
