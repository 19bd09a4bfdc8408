#include <lodger/store/value.hpp>

#include <catch2/catch.hpp>
#include <limits>

using namespace lodger;
using store::Codec;

namespace {

template <class T>
void expect_round_trip(T value, std::string_view text)
{
    CHECK(Codec<T>::format(value).view() == text);
    CHECK(Codec<T>::parse(text).value() == value);
}

template <class T>
void expect_refused(std::initializer_list<std::string_view> texts)
{
    for (std::string_view const text : texts) {
        INFO(text);
        CHECK_FALSE(Codec<T>::parse(text));
    }
}

} // namespace

TEST_CASE("integers are written and read back, at both ends of their range")
{
    expect_round_trip<std::uint8_t>(255, "255");
    expect_round_trip<int>(0, "0");
    expect_round_trip<std::int64_t>(
        std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
    expect_round_trip<std::int64_t>(
        std::numeric_limits<std::int64_t>::max(), "9223372036854775807");
    expect_round_trip<std::uint64_t>(~std::uint64_t{0}, "18446744073709551615");
}

TEST_CASE("integers with anything around them, or out of range, are refused")
{
    expect_refused<std::uint16_t>({"", " 1", "1 ", "+1", "-1", "65536", "0x1", "1.0", "1\n"});
    expect_refused<std::int8_t>({"128", "-129", "--1", "-"});
}

TEST_CASE("a flag is 0 or 1")
{
    expect_round_trip(false, "0");
    expect_round_trip(true, "1");
    expect_refused<bool>({"", "2", "01", "true", "-1"});
}

TEST_CASE("an id is its number")
{
    expect_round_trip(Domain{7}, "7");
    expect_round_trip(Port{0xffffffff}, "4294967295");
    expect_refused<Domain>({"65536", ""});
}

TEST_CASE("a UUID is read in either case and written in lower case")
{
    constexpr std::string_view text = "01234567-89ab-cdef-0123-456789abcdef";
    auto const uuid = Codec<store::Uuid>::parse("01234567-89AB-cdef-0123-456789ABCDEF").value();
    REQUIRE(uuid.bytes[0] == 0x01);
    REQUIRE(uuid.bytes[4] == 0x89);
    REQUIRE(uuid.bytes[15] == 0xef);
    REQUIRE(Codec<store::Uuid>::format(uuid).view() == text);
    expect_refused<store::Uuid>(
        {"", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef0",
         "0123456789abcdef0123456789abcdef----", "01234567+89ab-cdef-0123-456789abcdef",
         "g1234567-89ab-cdef-0123-456789abcdef", "0123456-789ab-cdef-0123-456789abcdef"});
}

TEST_CASE("a short text is itself, and one too long an error")
{
    REQUIRE(Codec<Text<4>>::parse("abcd")->view() == "abcd");
    REQUIRE(Codec<Text<4>>::parse("abcde").error() == Errc::too_large);
    REQUIRE(Codec<Text<4>>::format(Text<4>::of("ab").value()).view() == "ab");
}
