#include <lodger/core/wait.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;

TEST_CASE("a wait that is cancelled ends, and so does every later one")
{
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    WaitQueue queue;
    Cancellation cancellation;
    guest.spawn("waiter", [&] {
        Deadline const deadline{Instant::max(), &cancellation};
        REQUIRE(wait(guest, queue, deadline).error() == Errc::cancelled);
        REQUIRE(wait(guest, queue, deadline).error() == Errc::cancelled);
    });
    guest.spawn("canceller", [&] {
        guest.sleep(1ms);
        cancellation.request(guest);
    });
    world.run();
    REQUIRE(cancellation.is_requested());
}

TEST_CASE("a wait that nobody cancels ends as it would")
{
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    WaitQueue queue;
    Cancellation cancellation;
    guest.spawn("waiter", [&] {
        Deadline const deadline{guest.now() + 1s, &cancellation};
        REQUIRE(wait(guest, queue, deadline));
        REQUIRE(wait(guest, queue, deadline).error() == Errc::timed_out);
    });
    guest.spawn("waker", [&] {
        guest.sleep(1ms);
        guest.wake(queue);
    });
    world.run();
}

TEST_CASE("waiting until something holds does not wait for what does already")
{
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    WaitQueue queue;
    int evaluations = 0;
    guest.spawn("waiter", [&] {
        REQUIRE(wait_until(guest, queue, Deadline::never(), [] { return true; }));
        REQUIRE(wait_until(guest, queue, Deadline::never(), [&] { return ++evaluations == 3; }));
        REQUIRE(wait_until(guest, queue, {guest.now() + 1ms}, [] {
                    return false;
                }).error() == Errc::timed_out);
    });
    guest.spawn("waker", [&] {
        while (evaluations < 3) {
            guest.sleep(1ms);
            guest.wake(queue);
        }
    });
    world.run();
}

TEST_CASE("a deadline is brought forward, never put off")
{
    constexpr Deadline deadline{Instant{5s}};
    REQUIRE(deadline.no_later_than(Instant{3s}).at == Instant{3s});
    REQUIRE(deadline.no_later_than(Instant{9s}).at == Instant{5s});
    REQUIRE(Deadline::never().is_never());
    REQUIRE_FALSE(deadline.is_never());
    REQUIRE(deadline.passed(Instant{5s}));
    REQUIRE_FALSE(deadline.passed(Instant{4s}));
}
