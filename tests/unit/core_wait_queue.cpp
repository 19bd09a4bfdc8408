#include <lodger/core/wait_queue.hpp>

#include <catch2/catch.hpp>

using namespace lodger;

TEST_CASE("waiters leave a queue in the order in which they came")
{
    WaitQueue queue;
    Waiter first;
    Waiter second;
    REQUIRE(queue.empty());
    queue.add(first);
    queue.add(second);
    REQUIRE(first.is_waiting());
    REQUIRE(queue.take() == &first);
    REQUIRE_FALSE(first.is_waiting());
    REQUIRE(queue.take() == &second);
    REQUIRE(queue.take() == nullptr);
}

TEST_CASE("a waiter is removed from anywhere in its queue")
{
    for (int removed = 0; removed < 3; ++removed) {
        WaitQueue queue;
        Waiter waiters[3];
        for (Waiter& waiter : waiters)
            queue.add(waiter);
        WaitQueue::remove(waiters[removed]);
        REQUIRE_FALSE(waiters[removed].is_waiting());
        for (int i = 0; i < 3; ++i) {
            if (i != removed)
                REQUIRE(queue.take() == &waiters[i]);
        }
        REQUIRE(queue.empty());
    }
}

TEST_CASE("a waiter that was taken out may wait again, in another queue")
{
    WaitQueue one;
    WaitQueue other;
    Waiter waiter;
    one.add(waiter);
    one.take();
    other.add(waiter);
    REQUIRE(one.empty());
    REQUIRE(other.take() == &waiter);
}
