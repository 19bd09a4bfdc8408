#include <lodger/posix/errors.hpp>

#include <catch2/catch.hpp>

using namespace lodger;

TEST_CASE("every error has a number, which is none for success")
{
    for (int value = 0; value <= static_cast<int>(Errc::unknown); ++value)
        REQUIRE(posix::errno_of(static_cast<Errc>(value)) > 0);
    REQUIRE(posix::errno_of(Errc::read_only) == EROFS);
    REQUIRE(posix::errno_of(Errc::timed_out) == ETIMEDOUT);
}

TEST_CASE("a system call that fails leaves its reason in errno")
{
    errno = 0;
    REQUIRE(posix::fail(Errc::no_memory) == -1);
    REQUIRE(errno == ENOMEM);
}
