#include <lodger/core/pages.hpp>
#include <lodger/grant/table.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>
#include <set>
#include <vector>

using namespace lodger;
using Table = grant::Table<sim::Domain>;

namespace {

struct Owner {
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    sim::Domain& driver = world.add_domain(1);
    Table table{guest};
    Pages<sim::Domain> page = Pages<sim::Domain>::allocate(guest, 1).value();

    Result<GrantRef> grant(Access access = Access::read_write)
    {
        return table.grant(driver.id(), page.gfn(0), access);
    }
};

} // namespace

TEST_CASE("a granted page can be mapped by the domain it was granted to, and by no other")
{
    Owner owner;
    auto const ref = owner.grant().value();
    REQUIRE_FALSE(owner.table.is_mapped(ref));
    auto const mapped = owner.driver.map_grant(owner.guest.id(), ref, Access::read_write).value();
    mapped[5] = std::byte{9};
    REQUIRE(owner.page.bytes()[5] == std::byte{9});
    REQUIRE(owner.table.is_mapped(ref));
    sim::Domain& stranger = owner.world.add_domain(7);
    REQUIRE_FALSE(stranger.map_grant(owner.guest.id(), ref, Access::read_only));
    REQUIRE(owner.driver.unmap_grants(mapped));
    REQUIRE_FALSE(owner.table.is_mapped(ref));
    REQUIRE(owner.table.revoke(ref));
    REQUIRE_FALSE(owner.driver.map_grant(owner.guest.id(), ref, Access::read_only));
    REQUIRE(owner.table.in_use() == 0);
}

TEST_CASE("a read-only grant cannot be mapped for writing")
{
    Owner owner;
    auto const ref = owner.grant(Access::read_only).value();
    REQUIRE_FALSE(owner.driver.map_grant(owner.guest.id(), ref, Access::read_write));
    auto const mapped = owner.driver.map_grant(owner.guest.id(), ref, Access::read_only);
    REQUIRE(mapped);
    REQUIRE(owner.driver.unmap_grants(*mapped));
    REQUIRE(owner.table.revoke(ref));
}

TEST_CASE("the reference given back last is handed out next")
{
    Owner owner;
    auto const first = owner.grant().value();
    auto const second = owner.grant().value();
    REQUIRE(first != second);
    REQUIRE(owner.table.revoke(first));
    REQUIRE(owner.grant().value() == first);
    REQUIRE(owner.table.revoke(second));
    REQUIRE(owner.table.revoke(first));
    REQUIRE(owner.grant().value() == first);
    REQUIRE(owner.grant().value() == second);
    REQUIRE(owner.table.revoke(first));
    REQUIRE(owner.table.revoke(second));
}

TEST_CASE("the table grows frame by frame, spares the reserved entries, and ends in an error")
{
    Owner owner;
    owner.guest.limit_grant_frames(3);
    std::size_t const most = 3 * grant::entries_per_frame - grant::reserved_entries;
    std::vector<GrantRef> refs;
    std::set<GrantRef> distinct;
    for (std::size_t i = 0; i < most; ++i) {
        refs.push_back(owner.grant().value());
        REQUIRE(refs.back().value >= grant::reserved_entries);
        distinct.insert(refs.back());
    }
    REQUIRE(distinct.size() == most);
    REQUIRE(owner.grant().error() == Errc::no_space);
    REQUIRE(owner.table.revoke(refs.back()));
    REQUIRE(owner.grant().value() == refs.back());
    for (GrantRef const ref : refs)
        REQUIRE(owner.table.revoke(ref));
    REQUIRE(owner.table.in_use() == 0);
}

TEST_CASE("a reference whose page is mapped is not revoked, and never handed out again")
{
    Owner owner;
    auto const ref = owner.grant().value();
    auto const mapped = owner.driver.map_grant(owner.guest.id(), ref, Access::read_only).value();
    REQUIRE(owner.table.revoke(ref).error() == Errc::busy);
    for (int i = 0; i < 600; ++i)
        REQUIRE(owner.grant().value() != ref);
    REQUIRE(owner.table.in_use() == 601);
    // Once the other domain has let go, it can be revoked after all.
    REQUIRE(owner.driver.unmap_grants(mapped));
    REQUIRE(owner.table.revoke(ref));
    owner.page.abandon();
}

TEST_CASE(
    "the frames that another domain may write to are those granted so, until they are revoked")
{
    Owner owner;
    auto const writable = [&] {
        std::vector<std::uint64_t> frames;
        owner.table.for_each_writable([&](Gfn frame) { frames.push_back(frame.value); });
        return frames;
    };
    REQUIRE(writable().empty());
    auto const shown = owner.grant(Access::read_only).value();
    REQUIRE(writable().empty());
    auto const lent = owner.grant(Access::read_write).value();
    REQUIRE(writable() == std::vector{owner.page.gfn(0).value});
    REQUIRE(owner.table.revoke(lent));
    REQUIRE(writable().empty());
    REQUIRE(owner.table.revoke(shown));
}
