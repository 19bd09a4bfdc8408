#include <lodger/store/watch_state.hpp>

#include <catch2/catch.hpp>
#include <string>

using namespace lodger;
using store::WatchState;

namespace {

std::string pop(WatchState& watch)
{
    std::array<char, store::longest_absolute_path> buffer;
    return std::string{watch.pop(buffer).value()};
}

} // namespace

TEST_CASE("events wait in the order in which they came, and equal ones once")
{
    auto const watch = WatchState::create("device", 1, {}).value();
    REQUIRE(watch->empty());
    for (char const* const path : {"device", "device/vbd", "device", "device/vif", "device/vbd"})
        watch->push(path);
    REQUIRE(pop(*watch) == "device");
    REQUIRE(pop(*watch) == "device/vbd");
    watch->push("device"); // It was taken, so it counts again.
    REQUIRE(pop(*watch) == "device/vif");
    REQUIRE(pop(*watch) == "device");
    REQUIRE(watch->empty());
}

TEST_CASE("a path that begins like another is not the same")
{
    auto const watch = WatchState::create("a", 1, {}).value();
    watch->push("a/bc");
    watch->push("a/b");
    watch->push("a/bcd");
    REQUIRE(pop(*watch) == "a/bc");
    REQUIRE(pop(*watch) == "a/b");
    REQUIRE(pop(*watch) == "a/bcd");
}

TEST_CASE("more than can be kept becomes one event for the watched path")
{
    auto const watch = WatchState::create("a", 1, {}).value();
    for (int i = 0; i < 10'000; ++i)
        watch->push("a/" + std::to_string(i));
    REQUIRE(pop(*watch) == "a");
    REQUIRE(watch->empty());
    watch->push("a/again");
    REQUIRE(pop(*watch) == "a/again");
}

TEST_CASE("a single path longer than the whole queue counts as too many")
{
    auto const watch = WatchState::create("a", 1, {}).value();
    watch->push(std::string(3000, 'x'));
    REQUIRE(pop(*watch) == "a");
}

TEST_CASE("an event that the buffer cannot take stays")
{
    auto const watch = WatchState::create("device", 1, {}).value();
    watch->push("device/vbd");
    std::array<char, 4> small;
    REQUIRE(watch->pop(small).error() == Errc::too_large);
    REQUIRE(pop(*watch) == "device/vbd");
}

TEST_CASE("an event with an empty path is kept like any other")
{
    auto const watch = WatchState::create("a", 1, {}).value();
    watch->push("");
    REQUIRE_FALSE(watch->empty());
    REQUIRE(pop(*watch).empty());
    REQUIRE(watch->empty());
}

TEST_CASE("a path that cannot be watched is refused")
{
    REQUIRE(WatchState::create("a b", 1, {}).error() == Errc::invalid_argument);
    REQUIRE(
        WatchState::create(std::string_view{std::string(300, 'a')}, 1, {}).error() ==
        Errc::too_large);
    REQUIRE(
        WatchState::create({"device/vbd/51712", "state"}, 1, {}).value()->path() ==
        "device/vbd/51712/state");
}
