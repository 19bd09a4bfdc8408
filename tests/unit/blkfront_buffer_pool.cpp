#include <lodger/blkfront/buffer_pool.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>
#include <vector>

using namespace lodger;
using Pool = blkfront::BufferPool<sim::Domain>;
using Buffer = blkfront::Buffer<sim::Domain>;

namespace {

struct Owner {
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    std::unique_ptr<Pool> pool = Pool::create(guest, 8).value();
};

} // namespace

TEST_CASE("a buffer is whole pages of the pool, and free again when it ends")
{
    Owner owner;
    {
        auto const buffer = Buffer::allocate(*owner.pool, page_size + 1).value();
        REQUIRE(buffer.bytes().size() == 2 * page_size);
        REQUIRE(owner.pool->contains(buffer.bytes()));
        REQUIRE(Buffer::allocate(*owner.pool, 7 * page_size).error() == Errc::no_memory);
        REQUIRE(Buffer::allocate(*owner.pool, 6 * page_size));
    }
    REQUIRE(Buffer::allocate(*owner.pool, 8 * page_size));
}

TEST_CASE("no bytes and more than there are cannot be had")
{
    Owner owner;
    REQUIRE(Buffer::allocate(*owner.pool, 0).error() == Errc::no_memory);
    REQUIRE(Buffer::allocate(*owner.pool, 8 * page_size + 1).error() == Errc::no_memory);
}

TEST_CASE("a page that is held is not free when its buffer ends, but when it is let go")
{
    Owner owner;
    blkfront::PageIndex page;
    {
        auto const buffer = Buffer::allocate(*owner.pool, page_size).value();
        page = owner.pool->index_of(buffer.bytes().data());
        owner.pool->hold(page);
        owner.pool->hold(page);
    }
    REQUIRE(Buffer::allocate(*owner.pool, 8 * page_size).error() == Errc::no_memory);
    owner.pool->let_go(page);
    REQUIRE(owner.pool->held_count() == 1);
    REQUIRE(Buffer::allocate(*owner.pool, 8 * page_size).error() == Errc::no_memory);
    owner.pool->let_go(page);
    REQUIRE(Buffer::allocate(*owner.pool, 8 * page_size));
}

TEST_CASE("a pool that ends with pages held loses its memory rather than reuse it")
{
    Owner owner;
    owner.pool->hold(3);
    owner.pool.reset();
    REQUIRE(owner.guest.pages_in_use() == 8);
}

TEST_CASE("a pool that ends gives its pages back")
{
    Owner owner;
    owner.pool.reset();
    REQUIRE(owner.guest.pages_in_use() == 0);
}

TEST_CASE("memory beside the pool is not in it")
{
    Owner owner;
    std::vector<std::byte> other(512);
    REQUIRE_FALSE(owner.pool->contains(other));
    auto const all = Buffer::allocate(*owner.pool, 8 * page_size).value();
    REQUIRE_FALSE(owner.pool->contains({all.bytes().data() - 1, 2}));
    REQUIRE_FALSE(owner.pool->contains({all.bytes().data() + 8 * page_size - 1, 2}));
}

TEST_CASE("who waits for a page is woken when one comes free")
{
    Owner owner;
    std::vector<Buffer> all;
    all.push_back(Buffer::allocate(*owner.pool, 8 * page_size).value());
    owner.guest.spawn("waiter", [&] {
        REQUIRE(owner.pool->wait(Deadline::never()));
        REQUIRE(Buffer::allocate(*owner.pool, page_size));
    });
    owner.guest.spawn("owner", [&] {
        owner.guest.sleep(std::chrono::milliseconds{1});
        all.clear();
    });
    owner.world.run();
}
