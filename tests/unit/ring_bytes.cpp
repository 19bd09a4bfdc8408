#include <lodger/ring/bytes.hpp>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <string>

using namespace lodger;

namespace {

struct Page {
    std::array<char, 1024> data;
    std::uint32_t cons = 0;
    std::uint32_t prod = 0;

    explicit Page(std::uint32_t start = 0) : cons{start}, prod{start} { data.fill('?'); }
};

struct Rings {
    Page page;
    ring::ByteProducer<SharedMemory> producer{page.data, page.prod, page.cons};
    ring::ByteConsumer<SharedMemory> consumer{page.data, page.cons, page.prod};

    explicit Rings(std::uint32_t start = 0) : page{start} {}

    std::string read(std::size_t most)
    {
        std::string bytes(most, '\0');
        bytes.resize(consumer.read(bytes).value());
        return bytes;
    }
};

} // namespace

TEST_CASE("bytes come out as they went in, whatever the indices start at, across the wrap")
{
    for (std::uint32_t const start : {0u, 1u, 1000u, 0xffffff00u, 0xffffffffu}) {
        Rings rings{start};
        std::string in;
        std::string out;
        for (int i = 0; i < 100; ++i) {
            std::string const piece(static_cast<std::size_t>(i * 7 % 300), static_cast<char>(i));
            in += piece;
            REQUIRE(rings.producer.write(piece) == piece.size());
            out += rings.read(1024);
        }
        REQUIRE(out == in);
        REQUIRE(rings.producer.drained());
        REQUIRE(rings.page.prod == start + static_cast<std::uint32_t>(in.size()));
    }
}

TEST_CASE("a producer writes what fits and no more")
{
    Rings rings{0xfffffe00};
    std::string const much(1500, 'x');
    REQUIRE(rings.producer.write(much) == 1024u);
    REQUIRE(rings.producer.space() == 0u);
    REQUIRE(rings.producer.write(much) == 0u);
    REQUIRE_FALSE(rings.producer.drained());
    REQUIRE(rings.read(100) == std::string(100, 'x'));
    REQUIRE(rings.producer.space() == 100u);
}

TEST_CASE("a byte is placed where Xen's macros look for it")
{
    Rings rings{0xffffff00};
    REQUIRE(rings.producer.write(std::string_view{"a"}) == 1u);
    REQUIRE(rings.page.data[0xffffff00 & 1023] == 'a');
}

TEST_CASE("a consumer's index that cannot be is an error for the producer")
{
    Rings rings;
    REQUIRE(rings.producer.write(std::string_view{"abc"}) == 3u);
    for (std::uint32_t const lie : {4u, 0x80000000u, 0xfffffbffu}) {
        rings.page.cons = lie;
        CHECK(rings.producer.write(std::string_view{"d"}).error() == Errc::protocol);
    }
}

TEST_CASE("a producer's index that cannot be is an error for the consumer")
{
    Rings rings;
    std::array<char, 16> buffer;
    for (std::uint32_t const lie : {1025u, 0x80000000u, 0xffffffffu}) {
        rings.page.prod = lie;
        CHECK(rings.consumer.read(buffer).error() == Errc::protocol);
    }
    rings.page.prod = 1024;
    REQUIRE(rings.consumer.read(buffer) == 16u);
}

TEST_CASE("nobody reads back an index of its own from the page")
{
    Rings rings;
    REQUIRE(rings.producer.write(std::string_view{"abc"}) == 3u);
    REQUIRE(rings.read(1) == "a");
    rings.page.cons = 0;
    REQUIRE(rings.read(2) == "bc");
    rings.page.cons = 3;
    rings.page.prod = 77;
    REQUIRE(rings.producer.write(std::string_view{"d"}) == 1u);
    REQUIRE(rings.page.prod == 4);
}
