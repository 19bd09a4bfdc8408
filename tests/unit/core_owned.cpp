#include <lodger/core/owned.hpp>

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

using namespace lodger;

namespace {

struct Shop {
    std::vector<int> returned;
};

void give_back(Shop& shop, int thing)
{
    shop.returned.push_back(thing);
}

using Thing = Owned<Shop, int, give_back>;

} // namespace

TEST_CASE("what is owned is given back once, when its owner ends")
{
    Shop shop;
    {
        Thing const thing{shop, 1};
        REQUIRE(thing);
        REQUIRE(thing.handle() == 1);
        REQUIRE(shop.returned.empty());
    }
    REQUIRE(shop.returned == std::vector{1});
}

TEST_CASE("an owner that was moved from gives nothing back")
{
    Shop shop;
    {
        Thing first{shop, 1};
        Thing const second{std::move(first)};
        REQUIRE_FALSE(first);
        REQUIRE(second.handle() == 1);
    }
    REQUIRE(shop.returned == std::vector{1});
}

TEST_CASE("assigning to an owner gives back what it had, at once or at its end, but once")
{
    Shop shop;
    {
        Thing thing{shop, 1};
        thing = Thing{shop, 2};
        REQUIRE(thing.handle() == 2);
    }
    REQUIRE(shop.returned.size() == 2);
    REQUIRE(shop.returned.back() == 2);
}

TEST_CASE("what was disowned is nobody's to give back")
{
    Shop shop;
    {
        Thing thing{shop, 1};
        REQUIRE(thing.disown() == 1);
        REQUIRE_FALSE(thing);
    }
    REQUIRE(shop.returned.empty());
}

TEST_CASE("an owner of nothing gives nothing back")
{
    Thing const nothing;
    REQUIRE_FALSE(nothing);
}
