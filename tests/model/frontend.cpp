// The frontend with any backend: every order of everything that either can do.

#include <lodger/tests/model/frontend_model.hpp>
#include <lodger/tests/model/show.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace lodger::model;

TEST_CASE("a frontend takes legal steps, ends in time and gives all back once, with any backend")
{
    auto const report = explore_and_show("frontend, any backend", FrontendModel{{}});
    REQUIRE(report.violation == "");
}

TEST_CASE("a frontend is never Connected to a backend that has joined another link")
{
    FrontendModel const model{{.is_honest = true}};
    REQUIRE(explore_and_show("frontend, honest backend", model).violation == "");
}

TEST_CASE("a frontend can come to be Connected from wherever it is")
{
    FrontendModel const model{{.is_honest = true, .comes_back = true}};
    REQUIRE(explore_and_show("frontend, to be Connected", model).violation == "");
}
