#include <lodger/core/task.hpp>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lodger;

namespace {

/// Holds coroutines back until somebody lets them go.
struct Gate {
    std::vector<std::coroutine_handle<>> waiting;

    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiter) { waiting.push_back(waiter); }
    void await_resume() const {}

    void open()
    {
        for (auto const waiter : std::exchange(waiting, {}))
            waiter.resume();
    }
};

struct Guard {
    int& ended;
    ~Guard() { ++ended; }
};

Task<int> wait_and_give(Gate& gate, int value)
{
    co_await gate;
    co_return value;
}

Task<> add(Gate& gate, int& sum)
{
    for (int const value : {1, 2}) {
        auto const given = co_await wait_and_give(gate, value);
        if (!given)
            co_return Failure{given.error()};
        sum += *given;
    }
    co_return {};
}

Task<> fail(Errc why)
{
    co_return Failure{why};
}

Task<> pass_on(int& reached)
{
    ++reached;
    auto const failed = co_await fail(Errc::io);
    if (!failed)
        co_return Failure{failed.error()};
    ++reached;
    co_return {};
}

Task<> guarded(Gate& gate, int& ended)
{
    Guard guard{ended};
    co_await gate;
    co_return {};
}

} // namespace

TEST_CASE("a task runs until it has to wait, and goes on from there")
{
    Gate gate;
    auto const task = wait_and_give(gate, 7);
    REQUIRE_FALSE(task.is_done());
    gate.open();
    REQUIRE(task.is_done());
    REQUIRE(task.outcome().value() == 7);
}

TEST_CASE("a task that waits for others goes on when each is done")
{
    Gate gate;
    int sum = 0;
    auto const task = add(gate, sum);
    gate.open();
    REQUIRE(sum == 1);
    REQUIRE_FALSE(task.is_done());
    gate.open();
    REQUIRE(sum == 3);
    REQUIRE(task.outcome());
}

TEST_CASE("what a task comes to is what the one that waits for it gets")
{
    int reached = 0;
    auto const task = pass_on(reached);
    REQUIRE(task.is_done());
    REQUIRE(task.outcome().error() == Errc::io);
    REQUIRE(reached == 1);
}

TEST_CASE("a task that ends early takes what it holds along")
{
    Gate gate;
    int ended = 0;
    {
        auto const task = guarded(gate, ended);
        REQUIRE(ended == 0);
    }
    REQUIRE(ended == 1);
}

TEST_CASE("a task that was moved is done once, where it is")
{
    Gate gate;
    int ended = 0;
    {
        auto task = guarded(gate, ended);
        auto const other = std::move(task);
        gate.open();
        REQUIRE(ended == 1);
        REQUIRE(other.is_done());
    }
    REQUIRE(ended == 1);
}
