#include <lodger/grant/status.hpp>

#include <catch2/catch.hpp>

using namespace lodger;

TEST_CASE("only GNTST_okay is success, and every other status is some error")
{
    REQUIRE(grant::check_status(GNTST_okay));
    for (int status = -1; status >= -14; --status)
        REQUIRE_FALSE(grant::check_status(status));
    REQUIRE(grant::check_status(GNTST_general_error).error() == Errc::unknown);
    REQUIRE(grant::check_status(GNTST_bad_domain).error() == Errc::not_found);
    REQUIRE(grant::check_status(GNTST_permission_denied).error() == Errc::denied);
    REQUIRE(grant::check_status(GNTST_eagain).error() == Errc::again);
    REQUIRE(grant::check_status(1).error() == Errc::unknown);
}
