#include <lodger/blkfront/io.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using blkfront::Operation;
using blkfront::outcome_of;

TEST_CASE("all sixteen bits of a status count")
{
    REQUIRE(outcome_of(0));
    REQUIRE(outcome_of(-1).error() == Errc::io);
    REQUIRE(outcome_of(-2).error() == Errc::unsupported);
    for (int const status : {1, -3, 0x7fff, -0x8000, 0x100, 0xff, -256})
        CHECK(outcome_of(static_cast<std::int16_t>(status)).error() == Errc::protocol);
}

TEST_CASE("a read is a read and a write is a write on the wire")
{
    REQUIRE(wire_operation(Operation::read) == BLKIF_OP_READ);
    REQUIRE(wire_operation(Operation::write) == BLKIF_OP_WRITE);
    REQUIRE(wire_operation(Operation::barrier) == BLKIF_OP_WRITE_BARRIER);
    REQUIRE(wire_operation(Operation::flush) == BLKIF_OP_FLUSH_DISKCACHE);
    REQUIRE(wire_operation(Operation::discard) == BLKIF_OP_DISCARD);
    REQUIRE(wire_operation(Operation::secure_discard) == BLKIF_OP_DISCARD);
}
