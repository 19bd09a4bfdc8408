#include <lodger/store/names.hpp>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lodger;
using store::DirectoryPart;
using store::NameList;
using store::Names;

namespace {

std::vector<std::string> all(auto const& names)
{
    std::vector<std::string> list;
    for (std::string_view const name : names)
        list.emplace_back(name);
    return list;
}

using List = std::vector<std::string>;

std::string_view operator""_sv(char const* text, std::size_t size)
{
    return {text, size};
}

} // namespace

TEST_CASE("names are what stands between NULs, the last with or without its own")
{
    REQUIRE(all(Names{""}).empty());
    REQUIRE(Names{""}.empty());
    REQUIRE(all(Names{"a\0bc\0"_sv}) == List{"a", "bc"});
    REQUIRE(all(Names{"a\0bc"_sv}) == List{"a", "bc"});
    REQUIRE(all(Names{"\0a\0"_sv}) == List{"", "a"});
}

TEST_CASE("a list grows as names are added, and keeps its own")
{
    NameList list;
    REQUIRE(all(list).empty());
    List expected;
    for (int i = 0; i < 1000; ++i) {
        std::string name = "name-" + std::to_string(i);
        expected.push_back(name);
        REQUIRE(list.append(name + '\0'));
    }
    REQUIRE(all(list) == expected);
    REQUIRE(list.append(""));
    list.clear();
    REQUIRE(list.empty());
    REQUIRE(all(list).empty());
}

TEST_CASE("a part of a directory says its generation, its names and whether they are the last")
{
    auto const middle = DirectoryPart::parse("17\0a\0b\0"_sv).value();
    REQUIRE(middle.generation == "17");
    REQUIRE(all(Names{middle.names}) == List{"a", "b"});
    REQUIRE_FALSE(middle.is_last);
    auto const last = DirectoryPart::parse("17\0a\0b\0\0"_sv).value();
    REQUIRE(all(Names{last.names}) == List{"a", "b"});
    REQUIRE(last.is_last);
    auto const none = DirectoryPart::parse("17\0\0"_sv).value();
    REQUIRE(none.names.empty());
    REQUIRE(none.is_last);
}

TEST_CASE("a part of another form is a breach of the protocol")
{
    for (std::string_view const text : {""_sv, "17"_sv, "17\0"_sv, "17\0a"_sv})
        CHECK(DirectoryPart::parse(text).error() == Errc::protocol);
}
