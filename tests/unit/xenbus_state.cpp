#include <lodger/xenbus/state.hpp>

#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace lodger;
using xenbus::is_legal;
using xenbus::Role;
using xenbus::State;

TEST_CASE("every state has a name, a text, and is read back from it")
{
    std::set<std::string> names;
    for (int i = 0; i <= 8; ++i) {
        auto const state = static_cast<State>(i);
        REQUIRE(names.emplace(xenbus::name(state)).second);
        REQUIRE(xenbus::text_of(state) == std::to_string(i));
        REQUIRE(xenbus::state_of(xenbus::text_of(state)) == state);
    }
}

TEST_CASE("what is no state reads as unknown")
{
    for (char const* const text :
         {"", "9", "10", "-1", " 4", "4 ", "4\n", "garbage", "0x4", "44444444444444444444"})
        CHECK(xenbus::state_of(text) == State::unknown);
}

TEST_CASE("a frontend goes 1, 3, 4, 5, 6 and begins anew, and may leave at any time")
{
    constexpr auto f = Role::frontend;
    CHECK(is_legal(f, State::initialising, State::initialised));
    CHECK(is_legal(f, State::initialised, State::connected));
    CHECK(is_legal(f, State::connected, State::closing));
    CHECK(is_legal(f, State::closing, State::closed));
    CHECK(is_legal(f, State::closed, State::initialising));
    CHECK(is_legal(f, State::initialised, State::closing));
    CHECK_FALSE(is_legal(f, State::initialising, State::connected));
    CHECK_FALSE(is_legal(f, State::connected, State::closed));
    CHECK_FALSE(is_legal(f, State::connected, State::initialised));
}

TEST_CASE("no frontend ever says what Linux's backend takes as fatal")
{
    for (auto const& edge : xenbus::legal_edges) {
        if (edge.role == Role::frontend)
            CHECK(
                (edge.to != State::init_wait && edge.to != State::reconfiguring &&
                 edge.to != State::reconfigured && edge.to != State::unknown));
    }
}
