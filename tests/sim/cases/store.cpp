#include <lodger/store/client.hpp>
#include <lodger/tests/sim/seeds.hpp>
#include <lodger/tests/sim/store/daemon.hpp>

#include <catch2/catch.hpp>
using namespace lodger;
TEST_CASE("store works")
{
    sim::for_each_seed(300, [](sim::World& world) {
        auto& guest = world.add_domain(5);
        world.store().write("/local/domain/5/name", "hello");
        guest.spawn("main", [&] {
            store::Client<sim::Domain> client{guest, guest.store_page(), guest.store_port()};
            REQUIRE(client.start());
            std::array<char, 4096> b;
            auto r = client.read("name", b);
            REQUIRE(r);
            REQUIRE(*r == "hello");
            REQUIRE(client.write("data/x", "y"));
            auto w = client.watch("data");
            REQUIRE(w);
            REQUIRE(w->next(b, client.patience()).value() == "data");
            REQUIRE(client.write("data/x", "z"));
            REQUIRE(w->next(b, client.patience()).value() == "data/x");
        });
        world.run();
    });
}
