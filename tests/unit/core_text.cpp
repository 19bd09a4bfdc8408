#include <lodger/core/text.hpp>

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

using namespace lodger;

TEST_CASE("a text that just fits is kept, one byte more is refused whole")
{
    Text<8> text;
    REQUIRE(text.append("12345"));
    REQUIRE(text.append("6789").error() == Errc::too_large);
    REQUIRE(text.view() == "12345");
    REQUIRE(text.append("678"));
    REQUIRE(text.view() == "12345678");
    REQUIRE(text.append("9").error() == Errc::too_large);
}

TEST_CASE("appending nothing changes nothing")
{
    Text<4> text;
    REQUIRE(text.append(std::string_view{}));
    REQUIRE(text.view().empty());
}

TEST_CASE("numbers are appended in decimal, the largest included")
{
    Text<20> text;
    REQUIRE(text.append(std::numeric_limits<std::uint64_t>::max()));
    REQUIRE(text.view() == "18446744073709551615");
    Text<1> digit;
    REQUIRE(digit.append(0u));
    REQUIRE(digit.view() == "0");
}

TEST_CASE("a text made of too much is an error")
{
    REQUIRE(Text<3>::of("abc")->view() == "abc");
    REQUIRE(Text<3>::of("abcd").error() == Errc::too_large);
}

TEST_CASE("a number is parsed only if nothing stands before or after it and it is in range")
{
    REQUIRE(parse<std::uint8_t>("0") == 0);
    REQUIRE(parse<std::uint8_t>("255") == 255);
    REQUIRE(parse<std::uint64_t>("18446744073709551615") == 18446744073709551615u);
    REQUIRE(parse<int>("-7") == -7);
    for (char const* const wrong :
         {"", " 1", "1 ", "+1", "-1", "256", "0x10", "1.5", "ten", "99999999999999999999"})
        CHECK(parse<std::uint8_t>(wrong).error() == Errc::protocol);
    REQUIRE(parse<std::uint8_t>(std::string_view{"1\0", 2}).error() == Errc::protocol);
}
