#include <lodger/core/pages.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <catch2/catch.hpp>

using namespace lodger;

TEST_CASE("pages are whole, aligned, zeroed, and given back")
{
    sim::World world{1};
    sim::Domain& domain = world.add_domain(5);
    {
        auto const pages = Pages<sim::Domain>::allocate(domain, 3).value();
        REQUIRE(pages.count() == 3);
        REQUIRE(pages.bytes().size() == 3 * page_size);
        REQUIRE(reinterpret_cast<std::uintptr_t>(pages.bytes().data()) % page_size == 0);
        REQUIRE(std::ranges::all_of(pages.bytes(), [](std::byte b) { return b == std::byte{}; }));
        REQUIRE(pages.page(2).data() == pages.bytes().data() + 2 * page_size);
        REQUIRE(pages.gfn(0) != pages.gfn(1));
        REQUIRE(domain.pages_in_use() == 3);
    }
    REQUIRE(domain.pages_in_use() == 0);
}

TEST_CASE("pages that were abandoned are never given back")
{
    sim::World world{1};
    sim::Domain& domain = world.add_domain(5);
    auto pages = Pages<sim::Domain>::allocate(domain, 2).value();
    pages.abandon();
    pages = Pages<sim::Domain>::allocate(domain, 1).value();
    REQUIRE(domain.pages_in_use() == 3);
}

TEST_CASE("running out of pages is an error")
{
    sim::World world{1};
    sim::Domain& domain = world.add_domain(5);
    domain.limit_pages(4);
    REQUIRE(Pages<sim::Domain>::allocate(domain, 5).error() == Errc::no_memory);
    REQUIRE(Pages<sim::Domain>::allocate(domain, 4));
}
