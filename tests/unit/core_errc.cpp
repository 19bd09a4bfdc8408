#include <lodger/core/errc.hpp>

#include <catch2/catch.hpp>
#include <cerrno>
#include <set>
#include <string>

using namespace lodger;

TEST_CASE("every error has a description of its own")
{
    std::set<std::string> seen;
    for (int i = 0; i <= static_cast<int>(Errc::unknown); ++i) {
        std::string_view const text = describe(static_cast<Errc>(i));
        REQUIRE_FALSE(text.empty());
        REQUIRE(seen.emplace(text).second);
    }
}

TEST_CASE("a hypercall's errno becomes the error that it names")
{
    REQUIRE(errc_of_hypercall(-EPERM) == Errc::denied);
    REQUIRE(errc_of_hypercall(-EACCES) == Errc::denied);
    REQUIRE(errc_of_hypercall(-ENOENT) == Errc::not_found);
    REQUIRE(errc_of_hypercall(-ESRCH) == Errc::not_found);
    REQUIRE(errc_of_hypercall(-EIO) == Errc::io);
    REQUIRE(errc_of_hypercall(-E2BIG) == Errc::too_large);
    REQUIRE(errc_of_hypercall(-EAGAIN) == Errc::again);
    REQUIRE(errc_of_hypercall(-ENOMEM) == Errc::no_memory);
    REQUIRE(errc_of_hypercall(-EBUSY) == Errc::busy);
    REQUIRE(errc_of_hypercall(-EEXIST) == Errc::exists);
    REQUIRE(errc_of_hypercall(-ENODEV) == Errc::no_device);
    REQUIRE(errc_of_hypercall(-EINVAL) == Errc::invalid_argument);
    REQUIRE(errc_of_hypercall(-ENOSPC) == Errc::no_space);
    REQUIRE(errc_of_hypercall(-ENOSYS) == Errc::not_implemented);
    REQUIRE(errc_of_hypercall(-EOPNOTSUPP) == Errc::unsupported);
    REQUIRE(errc_of_hypercall(-12345) == Errc::unknown);
}
