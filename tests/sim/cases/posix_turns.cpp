// Turns: nobody goes before who came earlier, and who gives up stands in nobody's way.

#include <lodger/posix/turns.hpp>
#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Guest;

namespace {

enum class How { shared, alone };

/// What threads do in turn, and in which order.
struct Line {
    explicit Line(Guest& at) : guest{at}, turns{at.domain} {}

    Result<> begin(How how, Deadline deadline)
    {
        return how == How::shared ? turns.begin_shared(deadline) : turns.begin_alone(deadline);
    }
    void end(How how) { how == How::shared ? turns.end_shared() : turns.end_alone(); }

    /// Has a thread take so many turns, and wait within each.
    void spawn(char const* name, How how, int count = 1)
    {
        ++running;
        guest.domain.spawn(name, [this, name, how, count] {
            for (int i = 0; i < count; ++i) {
                REQUIRE(begin(how, guest.in(10s)));
                order += name;
                guest.domain.sleep(1ms);
                end(how);
            }
            --running;
            guest.domain.wake(ended);
        });
    }
    /// Comes back when the thread of that name stands in the line.
    void spawn_after(char const* name, How how)
    {
        spawn(name, how);
        guest.domain.sleep(10us);
    }
    void join()
    {
        REQUIRE(wait_until(guest.domain, ended, guest.in(60s), [this] { return running == 0; }));
    }

    Guest& guest;
    posix::Turns<sim::Domain> turns;
    std::string order;
    int running = 0;
    WaitQueue ended;
};

} // namespace

TEST_CASE("a thread that takes turns over and over lets another one have its own")
{
    using enum How;
    for (auto const& [often, once] : {std::pair{alone, alone}, {alone, shared}, {shared, alone}})
        sim::for_each_seed(20, [=](sim::World& world) {
            sim::in_guest(world, [=](Guest& guest) {
                Line line{guest};
                line.spawn("a", often, 20);
                guest.domain.sleep(100us);
                line.spawn("b", once);
                line.join();
                REQUIRE(line.order.find('b') <= 2);
            });
        });
}

TEST_CASE("turns are taken in the order of coming, those that are shared beside each other")
{
    sim::for_each_seed(20, [](sim::World& world) {
        sim::in_guest(world, [](Guest& guest) {
            Line line{guest};
            line.spawn_after("a", How::alone);
            line.spawn_after("b", How::alone);
            line.spawn_after("c", How::shared);
            line.spawn_after("d", How::shared);
            line.spawn_after("e", How::alone);
            line.spawn_after("f", How::shared);
            Instant const start = guest.domain.now();
            line.join();
            REQUIRE(line.order == "abcdef");
            REQUIRE(guest.domain.now() - start < 6ms);
        });
    });
}

TEST_CASE("who gives up waiting for a turn holds up nobody behind")
{
    sim::for_each_seed(20, [](sim::World& world) {
        sim::in_guest(world, [](Guest& guest) {
            Line line{guest};
            REQUIRE(line.begin(How::shared, guest.in(1s)));
            guest.domain.spawn("gives up", [&] {
                REQUIRE(line.begin(How::alone, guest.in(5ms)).error() == Errc::timed_out);
            });
            guest.domain.sleep(1ms);
            line.spawn("b", How::shared);
            line.join();
            REQUIRE(line.order == "b");
            line.end(How::shared);
            REQUIRE(line.begin(How::alone, guest.in(1s)));
        });
    });
}
