#include <lodger/grant/granted_pages.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using Granted = grant::GrantedPages<sim::Domain>;

namespace {

struct Owner {
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    sim::Domain& driver = world.add_domain(1);
    grant::Table<sim::Domain> table{guest};

    Result<Granted> create(std::size_t count)
    {
        return Granted::create(table, driver.id(), count, Access::read_write);
    }
};

} // namespace

TEST_CASE("granted pages give back their grants and their memory")
{
    Owner owner;
    {
        auto granted = owner.create(4).value();
        REQUIRE(granted.refs().size() == 4);
        REQUIRE(granted.bytes().size() == 4 * page_size);
        REQUIRE(owner.table.in_use() == 4);
        Granted moved = std::move(granted);
        REQUIRE(moved.refs().size() == 4);
    }
    REQUIRE(owner.table.in_use() == 0);
    REQUIRE(owner.guest.pages_in_use() == 0);
}

TEST_CASE(
    "pages that are still mapped are quarantined, memory and grants both, until they are let go of")
{
    Owner owner;
    auto granted = owner.create(2).value();
    auto const mapped =
        owner.driver.map_grant(owner.guest.id(), granted.refs()[1], Access::read_write).value();
    REQUIRE(granted.is_mapped());
    REQUIRE(Granted::end(std::move(granted)).error() == Errc::busy);
    REQUIRE(owner.table.in_use() == 1);
    REQUIRE(owner.table.quarantined() == 2);
    REQUIRE(owner.guest.pages_in_use() == 2);
    mapped[0] = std::byte{1}; // Hurts nobody.

    REQUIRE(owner.create(1));
    REQUIRE(owner.table.quarantined() == 2);
    REQUIRE(owner.driver.unmap_grants(mapped));
    REQUIRE(owner.create(1));
    REQUIRE(owner.table.quarantined() == 0);
    REQUIRE(owner.table.in_use() == 0);
    REQUIRE(owner.guest.pages_in_use() == 0);
}

TEST_CASE("quarantined pages are lost when their table ends before they are let go of")
{
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    sim::Domain& driver = world.add_domain(1);
    {
        grant::Table<sim::Domain> table{guest};
        auto granted = Granted::create(table, driver.id(), 2, Access::read_write).value();
        REQUIRE(driver.map_grant(guest.id(), granted.refs()[0], Access::read_write));
        REQUIRE(Granted::end(std::move(granted)).error() == Errc::busy);
    }
    REQUIRE(guest.pages_in_use() == 2);
}

TEST_CASE("an end that finds nothing mapped says so")
{
    Owner owner;
    REQUIRE(Granted::end(owner.create(1).value()));
    REQUIRE(owner.table.in_use() == 0);
}

TEST_CASE("no pages and too many pages are refused")
{
    Owner owner;
    REQUIRE(owner.create(0).error() == Errc::invalid_argument);
    REQUIRE(owner.create(Granted::most_pages + 1).error() == Errc::invalid_argument);
    REQUIRE(owner.create(Granted::most_pages));
}

TEST_CASE("running out half way gives back the other half")
{
    Owner owner;
    owner.guest.limit_grant_frames(1);
    std::vector<Granted> all;
    while (true) {
        auto granted = owner.create(16);
        if (!granted) {
            REQUIRE(granted.error() == Errc::no_space);
            break;
        }
        all.push_back(std::move(*granted));
    }
    REQUIRE(owner.table.in_use() == all.size() * 16);
    REQUIRE(owner.guest.pages_in_use() == all.size() * 16);
}

TEST_CASE("granted pages that are assigned to give back what they had")
{
    Owner owner;
    auto granted = owner.create(1).value();
    granted = owner.create(2).value();
    REQUIRE(granted.refs().size() == 2);
    REQUIRE(owner.table.in_use() == 2);
}
