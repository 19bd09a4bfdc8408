#include <lodger/store/decoder.hpp>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lodger;

namespace {

std::string message(std::uint32_t type, std::uint32_t id, std::string const& payload)
{
    store::Header const header{type, id, 3, static_cast<std::uint32_t>(payload.size())};
    return std::string{reinterpret_cast<char const*>(&header), sizeof header} + payload;
}

struct Decoded {
    std::uint32_t type;
    std::uint32_t id;
    std::string payload;
    bool operator==(Decoded const&) const = default;
};

/// Feeds bytes as far as the decoder wants them, never past `stop`.
void feed(store::Decoder& decoder, std::string_view& bytes, std::vector<Decoded>& out)
{
    while (!bytes.empty()) {
        auto const wanted = decoder.wanted();
        REQUIRE_FALSE(wanted.empty());
        std::size_t const count = bytes.copy(wanted.data(), wanted.size());
        bytes.remove_prefix(count);
        if (auto const decoded = decoder.took(count).value())
            out.push_back(
                {decoded->header.type, decoded->header.req_id, std::string{decoded->payload}});
    }
}

} // namespace

TEST_CASE("a stream of messages decodes the same wherever it is split in two")
{
    std::string const stream = message(XS_READ, 1, "value") + message(XS_WRITE, 2, "") +
                               message(XS_DIRECTORY, 3, std::string{"a\0b\0", 4}) +
                               message(XS_WATCH_EVENT, 0, std::string(300, 'x'));
    std::vector<Decoded> const expected{
        {XS_READ, 1, "value"},
        {XS_WRITE, 2, ""},
        {XS_DIRECTORY, 3, std::string{"a\0b\0", 4}},
        {XS_WATCH_EVENT, 0, std::string(300, 'x')}};
    for (std::size_t split = 0; split <= stream.size(); ++split) {
        store::Decoder decoder;
        std::vector<Decoded> decoded;
        std::string_view first{stream.data(), split};
        std::string_view second{stream.data() + split, stream.size() - split};
        feed(decoder, first, decoded);
        feed(decoder, second, decoded);
        REQUIRE(decoded == expected);
    }
}

TEST_CASE("a stream decodes byte by byte")
{
    std::string const stream = message(XS_READ, 1, "value") + message(XS_READ, 2, "");
    store::Decoder decoder;
    std::vector<Decoded> decoded;
    for (char const& byte : stream) {
        std::string_view one{&byte, 1};
        feed(decoder, one, decoded);
    }
    REQUIRE(decoded.size() == 2);
}

TEST_CASE("a payload of 4096 bytes is whole, and one byte more has no meaning")
{
    store::Decoder decoder;
    std::string const longest = message(XS_READ, 1, std::string(4096, 'y'));
    std::vector<Decoded> decoded;
    std::string_view rest = longest;
    feed(decoder, rest, decoded);
    REQUIRE(decoded.front().payload.size() == 4096);

    for (std::uint32_t const length : {4097u, 0x10000u, 0x7fffffffu, 0xffffffffu}) {
        store::Decoder fresh;
        store::Header const header{XS_READ, 1, 0, length};
        std::ranges::copy(
            std::string_view{reinterpret_cast<char const*>(&header), sizeof header},
            fresh.wanted().begin());
        CHECK(fresh.took(sizeof header).error() == Errc::protocol);
    }
}

TEST_CASE("a decoder never asks for more than the message that it is in")
{
    store::Decoder decoder;
    REQUIRE(decoder.wanted().size() == sizeof(store::Header));
    std::string const bytes = message(XS_READ, 1, "abc");
    std::ranges::copy(bytes.substr(0, 16), decoder.wanted().begin());
    REQUIRE_FALSE(decoder.took(16).value().has_value());
    REQUIRE(decoder.wanted().size() == 3);
}
