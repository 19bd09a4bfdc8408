// The backend with any frontend: every order of everything that either can do.

#include <lodger/tests/model/backend_model.hpp>
#include <lodger/tests/model/show.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace lodger::model;

TEST_CASE("a backend takes legal steps, ends with the device and gives all back once")
{
    for (bool const negotiates : {true, false}) {
        BackendModel const model{{.negotiates = negotiates}};
        REQUIRE(explore_and_show("backend, any frontend", model).violation == "");
    }
}

TEST_CASE("a backend is never Connected to a ring that is not on offer any more")
{
    for (bool const negotiates : {true, false}) {
        BackendModel const model{{.negotiates = negotiates, .is_honest = true}};
        REQUIRE(explore_and_show("backend, honest frontend", model).violation == "");
    }
}

TEST_CASE("a backend can come to be Connected for as long as the device is there")
{
    BackendModel const model{{.is_honest = true, .comes_back = true}};
    REQUIRE(explore_and_show("backend, to be Connected", model).violation == "");
}
