#include <lodger/event/port_table.hpp>
#include <lodger/tests/unit/support/disturbed_memory.hpp>

#include <algorithm>
#include <catch2/catch.hpp>

using namespace lodger;
using event::most_polled_ports;
using test::DisturbedMemory;

namespace {

using PendingWords = std::array<xen_ulong_t, event::word_count>;

void raise(PendingWords& pending, std::uint32_t port)
{
    pending[port / 64] |= xen_ulong_t{1} << port % 64;
}

struct Counter {
    int calls = 0;
    void count() { ++calls; }
};

} // namespace

TEST_CASE("each pending port's listener is called, and its bit is cleared")
{
    event::PortTable<SharedMemory> table;
    PendingWords pending{};
    Counter low;
    Counter high;
    REQUIRE(table.listen(Port{1}, Listener::of<&Counter::count>(low)));
    REQUIRE(table.listen(Port{4095}, Listener::of<&Counter::count>(high)));
    raise(pending, 1);
    raise(pending, 4095);
    REQUIRE(table.dispatch(pending) == 2);
    REQUIRE(low.calls == 1);
    REQUIRE(high.calls == 1);
    REQUIRE(pending == PendingWords{});
    REQUIRE(table.dispatch(pending) == 0);
}

TEST_CASE("a port that nobody listens to is cleared and otherwise ignored")
{
    event::PortTable<SharedMemory> table;
    PendingWords pending{};
    Counter counter;
    REQUIRE(table.listen(Port{78}, Listener::of<&Counter::count>(counter)));
    raise(pending, 77);
    REQUIRE(table.dispatch(pending) == 0);
    REQUIRE(counter.calls == 0);
    REQUIRE(pending == PendingWords{});
}

TEST_CASE("an event that came before anybody listened so far up is not lost")
{
    event::PortTable<SharedMemory> table;
    PendingWords pending{};
    Counter counter;
    raise(pending, 1000);
    REQUIRE(table.dispatch(pending) == 0);
    REQUIRE(table.listen(Port{1000}, Listener::of<&Counter::count>(counter)));
    REQUIRE(table.dispatch(pending) == 1);
    REQUIRE(counter.calls == 1);
    table.clear();
    raise(pending, 1000);
    REQUIRE(table.dispatch(pending) == 0);
}

TEST_CASE("a second listener, a port outside the ABI and the 129th port are refused")
{
    event::PortTable<SharedMemory> table;
    for (std::uint32_t port = 0; port < most_polled_ports; ++port)
        REQUIRE(table.listen(Port{port}, {}));
    REQUIRE(table.listen(Port{0}, {}).error() == Errc::exists);
    REQUIRE(table.listen(Port{4096}, {}).error() == Errc::invalid_argument);
    REQUIRE(table.listen(Port{200}, {}).error() == Errc::no_space);
    REQUIRE(table.ports().size() == most_polled_ports);
    table.unlisten(Port{64});
    REQUIRE(table.listen(Port{200}, {}));
    REQUIRE(std::ranges::count(table.ports(), 200u) == 1);
    REQUIRE(std::ranges::count(table.ports(), 64u) == 0);
}

TEST_CASE("a listener that was taken away is not called, nor is another in its place")
{
    event::PortTable<SharedMemory> table;
    PendingWords pending{};
    Counter first;
    Counter second;
    REQUIRE(table.listen(Port{3}, Listener::of<&Counter::count>(first)));
    REQUIRE(table.listen(Port{4}, Listener::of<&Counter::count>(second)));
    table.unlisten(Port{3});
    table.unlisten(Port{3});
    raise(pending, 3);
    raise(pending, 4);
    REQUIRE(table.dispatch(pending) == 1);
    REQUIRE(first.calls == 0);
    REQUIRE(second.calls == 1);
}

TEST_CASE("a listener may end another one whose event is pending as well")
{
    struct Ender {
        event::PortTable<SharedMemory>& table;
        void end() { table.unlisten(Port{9}); }
    };
    event::PortTable<SharedMemory> table;
    PendingWords pending{};
    Ender ender{table};
    Counter ended;
    REQUIRE(table.listen(Port{8}, Listener::of<&Ender::end>(ender)));
    REQUIRE(table.listen(Port{9}, Listener::of<&Counter::count>(ended)));
    raise(pending, 8);
    raise(pending, 9);
    REQUIRE(table.dispatch(pending) == 1);
    REQUIRE(ended.calls == 0);
}

TEST_CASE("an event raised before any access of a dispatch is handled in it or in the next")
{
    event::PortTable<DisturbedMemory> table;
    Counter counter;
    REQUIRE(table.listen(Port{70}, Listener::of<&Counter::count>(counter)));
    PendingWords pending{};
    raise(pending, 70);
    DisturbedMemory::arm(0, {});
    table.dispatch(pending);
    std::size_t const accesses = DisturbedMemory::accesses;
    REQUIRE(accesses == 3); // Two words loaded, one exchanged.
    for (std::size_t at = 1; at <= accesses; ++at) {
        pending = {};
        raise(pending, 70);
        int handled_before_raise = 0;
        counter.calls = 0;
        DisturbedMemory::arm(at, [&] {
            handled_before_raise = counter.calls;
            raise(pending, 70);
        });
        table.dispatch(pending);
        table.dispatch(pending);
        CHECK(counter.calls > handled_before_raise);
        REQUIRE(pending == PendingWords{});
    }
}

TEST_CASE("a listener that raises its own port again is called once in a dispatch")
{
    struct Storm {
        PendingWords& pending;
        int calls = 0;
        void rage()
        {
            ++calls;
            raise(pending, 5);
            raise(pending, 6);
        }
    };
    event::PortTable<SharedMemory> table;
    PendingWords pending{};
    Storm storm{pending};
    Counter other;
    REQUIRE(table.listen(Port{5}, Listener::of<&Storm::rage>(storm)));
    REQUIRE(table.listen(Port{6}, Listener::of<&Counter::count>(other)));
    raise(pending, 5);
    REQUIRE(table.dispatch(pending) == 1);
    REQUIRE(storm.calls == 1);
    REQUIRE(table.dispatch(pending) == 2);
    REQUIRE(storm.calls == 2);
    REQUIRE(other.calls == 1);
}
