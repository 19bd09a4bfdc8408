#include <lodger/posix/path.hpp>

#include <catch2/catch.hpp>
#include <string>

using namespace lodger;
using posix::Path;

namespace {

Path path(std::string_view text, Path from = {})
{
    REQUIRE(from.go(text));
    return from;
}

} // namespace

TEST_CASE("a path is brought to its shortest form")
{
    struct {
        std::string_view text, normal;
    } const cases[] = {
        {"/", "/"},
        {"///", "/"},
        {"/a", "/a"},
        {"/a/", "/a"},
        {"//a//b///c", "/a/b/c"},
        {"/./a/././b/.", "/a/b"},
        {"/a/../b", "/b"},
        {"/a/b/c/../../d", "/a/d"},
        {"/..", "/"},
        {"/../../a", "/a"},
        {"/a/..", "/"},
        {"/...", "/..."},
        {"/.a/..b", "/.a/..b"},
    };
    for (auto const& [text, normal] : cases)
        CHECK(path(text).text() == normal);
}

TEST_CASE("a relative path goes on from where it begins")
{
    Path const from = path("/a/b");
    CHECK(path("c", from).text() == "/a/b/c");
    CHECK(path("../c", from).text() == "/a/c");
    CHECK(path("../../..", from).text() == "/");
    CHECK(path(".", from).text() == "/a/b");
    CHECK(path("/c", from).text() == "/c");
    CHECK(path("c", Path{}).text() == "/c");
}

TEST_CASE("a path knows by what it was named at last")
{
    CHECK(path("/a/b").end() == Path::End::name);
    CHECK(path("/a/../b").end() == Path::End::name);
    CHECK(path("/a/b//").end() == Path::End::slash);
    CHECK(path("/").end() == Path::End::slash);
    CHECK(path("/a/.").end() == Path::End::dots);
    CHECK(path("/a/b/../").end() == Path::End::dots);
    CHECK(path("//", path("/a")).end() == Path::End::slash);
}

TEST_CASE("a path of nothing leads nowhere, and one can be too long")
{
    Path none;
    REQUIRE(none.go("").error() == Errc::not_found);
    std::string const longest = "/" + std::string(Path::most - 1, 'x');
    REQUIRE(path(longest).text() == longest);
    REQUIRE(path(longest).text().data()[Path::most] == '\0');
    REQUIRE(none.go(longest + "x").error() == Errc::name_too_long);
    Path full = path(longest);
    REQUIRE(full.go("y").error() == Errc::name_too_long);
    Path many;
    for (int i = 0; i < 10'000; ++i)
        REQUIRE(many.go("x/.././../y/.."));
    REQUIRE(many.text() == "/");
}

TEST_CASE("what is left below a place is known, with a 0 behind it")
{
    Path const root, a = path("/a"), ab = path("/a/b");
    CHECK(ab.is_in(root));
    CHECK(ab.is_in(a));
    CHECK(ab.is_in(ab));
    CHECK_FALSE(a.is_in(ab));
    CHECK_FALSE(path("/ab").is_in(a));
    CHECK(root.is_in(root));
    CHECK(ab.below(root) == "a/b");
    CHECK(ab.below(a) == "b");
    CHECK(ab.below(ab).empty());
    CHECK(root.below(root).empty());
    for (std::string_view const rest : {ab.below(root), ab.below(a), ab.below(ab)})
        CHECK(*(rest.data() + rest.size()) == '\0');
}
