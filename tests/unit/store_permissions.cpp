#include <lodger/store/permissions.hpp>

#include <catch2/catch.hpp>
#include <string>

using namespace lodger;
using store::Permissions;
using store::Rights;

namespace {

std::string_view operator""_list(char const* text, std::size_t size)
{
    return {text, size};
}

} // namespace

TEST_CASE("a list of permissions is read, the owner first")
{
    auto const list = Permissions::parse("n0\0r5\0b65535\0"_list).value();
    REQUIRE(list.entries().size() == 3);
    REQUIRE(list.owner() == Domain{0});
    REQUIRE(list.entries()[1] == store::Permission{Domain{5}, Rights::read});
    REQUIRE(list.entries()[2] == store::Permission{Domain{65535}, Rights::both});
    REQUIRE(list.payload()->view() == "n0\0r5\0b65535\0"_list);
}

TEST_CASE("a list of another form is a breach of the protocol")
{
    for (std::string_view const text :
         {""_list, "n0"_list, "\0"_list, "x0\0"_list, "n\0"_list, "n-1\0"_list, "n65536\0"_list,
          "0n\0"_list, "n0\0r"_list, "n 0\0"_list, "N0\0"_list}) {
        INFO(std::string{text});
        CHECK(Permissions::parse(text).error() == Errc::protocol);
    }
}

TEST_CASE("more entries than there is room for are an error")
{
    std::string text;
    for (std::size_t i = 0; i < Permissions::most; ++i)
        text += "r" + std::to_string(i) + '\0';
    REQUIRE(Permissions::parse(text)->entries().size() == Permissions::most);
    text += std::string{"r99"} + '\0';
    REQUIRE(Permissions::parse(text).error() == Errc::no_space);
}

TEST_CASE("the longest list fits its payload, and an empty one has none")
{
    Permissions list;
    REQUIRE(list.payload().error() == Errc::invalid_argument);
    for (std::size_t i = 0; i < Permissions::most; ++i)
        REQUIRE(list.add({Domain{65535}, Rights::both}));
    REQUIRE(list.add({Domain{1}, Rights::none}).error() == Errc::no_space);
    REQUIRE(list.payload());
}
