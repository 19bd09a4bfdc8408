#include <lodger/event/event_channel.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using Channel = event::EventChannel<sim::Domain>;

namespace {

struct Bell {
    int rung = 0;
    void ring() { ++rung; }
};

} // namespace

TEST_CASE("an event raised at one end reaches the listener at the other")
{
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    sim::Domain& driver = world.add_domain(1);
    Bell bell;
    auto ours = Channel::allocate(guest, driver.id()).value();
    REQUIRE(ours.listen(Listener::of<&Bell::ring>(bell)));
    auto theirs = Channel::bind(driver, guest.id(), ours.port()).value();
    driver.spawn("ringer", [&] { REQUIRE(theirs.notify()); });
    guest.spawn("owner", [&] {
        while (bell.rung == 0)
            guest.sleep(std::chrono::milliseconds{1});
    });
    world.run();
    REQUIRE(bell.rung == 1);
    world.finish();
}

TEST_CASE("a channel that ends closes its port and takes its listener along")
{
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    std::size_t const before = guest.open_ports();
    Bell bell;
    Port old;
    {
        auto channel = Channel::allocate(guest, lodger::Domain{1}).value();
        REQUIRE(channel.listen(Listener::of<&Bell::ring>(bell)));
        REQUIRE(channel.listen({}).error() == Errc::exists);
        REQUIRE(guest.open_ports() == before + 1);
        old = channel.port();
    }
    REQUIRE(guest.open_ports() == before);
    auto channel = Channel::allocate(guest, lodger::Domain{1}).value();
    REQUIRE(channel.port() == old); // Xen gives the lowest port that is free.
    REQUIRE(channel.listen({}));
}

TEST_CASE("a port that is not offered to us cannot be bound")
{
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    sim::Domain& other = world.add_domain(6);
    auto const channel = Channel::allocate(guest, lodger::Domain{1}).value();
    REQUIRE(Channel::bind(other, guest.id(), channel.port()).error() == Errc::invalid_argument);
    REQUIRE(Channel::bind(other, lodger::Domain{99}, Port{1}).error() == Errc::not_found);
}
