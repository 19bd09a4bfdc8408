#include <lodger/store/wire.hpp>

#include <catch2/catch.hpp>
#include <string>

using namespace lodger;
using store::Path;

TEST_CASE("every error string of XenStore has a meaning, and others are unknown")
{
    for (char const* const name :
         {"EINVAL", "EACCES", "EEXIST", "EISDIR", "ENOENT", "ENOMEM", "ENOSPC", "EIO", "ENOTEMPTY",
          "ENOSYS", "EROFS", "EBUSY", "EAGAIN", "EISCONN", "E2BIG", "EPERM"})
        CHECK(store::errc_of_error(name) != Errc::unknown);
    REQUIRE(store::errc_of_error("EAGAIN") == Errc::again);
    REQUIRE(store::errc_of_error("ENOENT") == Errc::not_found);
    REQUIRE(store::errc_of_error("EACCES") == Errc::denied);
    REQUIRE(store::errc_of_error("ENOSPC") == Errc::quota);
    REQUIRE(store::errc_of_error("EQUOTA") == Errc::quota);
    for (char const* const name : {"", "EWHATEVER", "ENOENTX", "enoent"})
        CHECK(store::errc_of_error(name) == Errc::unknown);
}

TEST_CASE("paths that the daemon takes pass the check")
{
    for (char const* const path :
         {"/", "name", "/local/domain/5", "device/vbd/51712", "@releaseDomain", "a-b_c@d/ef", "A9"})
        CHECK(Path{path}.check());
    CHECK(Path{"/local/domain/5", "state"}.check());
}

TEST_CASE("paths that the daemon would refuse never leave us")
{
    for (char const* const path :
         {"", "a/", "/a/", "//", "a//b", "a b", "a\tb", "a%b", "a.b", "a:b", "\x80", "a\\b"})
        CHECK(Path{path}.check().error() == Errc::invalid_argument);
    CHECK(Path{std::string_view{"a\0b", 3}}.check().error() == Errc::invalid_argument);
    CHECK(Path{"a", "b/"}.check().error() == Errc::invalid_argument);
    CHECK(Path{"a/", "b"}.check().error() == Errc::invalid_argument);
    CHECK(Path{"a", "/b"}.check().error() == Errc::invalid_argument);
}

TEST_CASE("paths are too long from 2049 bytes on, and from 3073 if they are absolute")
{
    std::string const relative(2048, 'a');
    CHECK(Path{relative}.check());
    CHECK(Path{relative + "a"}.check().error() == Errc::too_large);
    CHECK(Path{relative, "a"}.check().error() == Errc::too_large);
    std::string const absolute = "/" + std::string(3071, 'a');
    CHECK(Path{absolute}.check());
    CHECK(Path{absolute + "a"}.check().error() == Errc::too_large);
}

TEST_CASE("a path of two parts has their length and the separator's")
{
    Path const path{"a/b", "cd"};
    REQUIRE(path.size() == 6);
    REQUIRE(
        std::string{path.directory()} + std::string{path.separator()} + std::string{path.key()} ==
        "a/b/cd");
    REQUIRE(Path{"ab"}.size() == 2);
}
