// The toolstack's requests: control/shutdown, control/sysrq, memory/target.

#include <lodger/tests/sim/guest.hpp>
#include <lodger/tests/sim/seeds.hpp>
#include <lodger/xenbus/control.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::Fault;
using sim::Guest;

namespace {

using Control = xenbus::Control<sim::Domain>;

constexpr char const* shutdown = "/local/domain/5/control/shutdown";
constexpr char const* sysrq = "/local/domain/5/control/sysrq";
constexpr char const* target = "/local/domain/5/memory/target";

/// A guest that notes what it was asked, and its toolstack.
struct ControlRig {
    explicit ControlRig(sim::World& world)
        : guest{world.make<Guest>(world)},
          control{guest.store, actions}
    {
        toolstack().quotas.transactions = 1; // One that is left open is noticed at the next one.
        prepare();
        actions.poweroff = note<'p'>();
        actions.halt = note<'h'>();
        actions.reboot = note<'r'>();
        actions.suspend = note<'s'>();
        actions.crash = note<'c'>();
        actions.sysrq = {
            [](void* rig, char key) { static_cast<ControlRig*>(rig)->asked += key; }, this};
        actions.memory_target = {
            [](void* rig, std::uint64_t kib) { static_cast<ControlRig*>(rig)->kib = kib; }, this};
    }

    template <char letter>
    xenbus::Action<> note()
    {
        return {
            [](void* self) {
                auto& rig = *static_cast<ControlRig*>(self);
                rig.asked += letter;
                // Whatever is asked has been taken out of the node by then.
                CHECK(rig.toolstack().read(shutdown) == "");
                rig.guest.domain.sleep(rig.handling);
            },
            this};
    }

    /// What libxl makes for a guest.
    void prepare()
    {
        for (char const* const feature : {"poweroff", "reboot", "suspend"}) {
            std::string const path = "/local/domain/5/control/feature-"s + feature;
            toolstack().write(path, "");
            toolstack().permit(path, {{'n', 5}});
        }
        toolstack().write(sysrq, "");
        toolstack().permit(sysrq, {{'n', 5}});
        toolstack().write(target, "16384");
    }

    /// Runs `body` while the guest serves.
    template <class Body>
    void run(Body body)
    {
        guest.run([&](Guest&) {
            REQUIRE(control.start());
            guest.domain.sleep(1s);
            body();
        });
    }

    /// Has the toolstack write, and waits as long as anybody would.
    void ask(char const* path, std::string_view value)
    {
        toolstack().write(path, value);
        guest.domain.sleep(5s);
    }

    sim::StoreDaemon& toolstack() { return guest.domain.world().store(); }

    Guest& guest;
    xenbus::ControlActions actions;
    Control control;
    std::string asked;
    std::uint64_t kib = 0;
    Duration handling{};
};

void with_rig(std::size_t seeds, void (*body)(ControlRig&))
{
    sim::for_each_seed(seeds, [&](sim::World& world) {
        world.limit(24h);
        ControlRig& rig = world.make<ControlRig>(world);
        rig.run([&] { body(rig); });
    });
}

} // namespace

TEST_CASE("each request is taken out of its node and carried out once")
{
    with_rig(50, [](ControlRig& rig) {
        for (char const* const command : {"poweroff", "halt", "reboot", "suspend", "crash"}) {
            rig.ask(shutdown, command);
            REQUIRE(rig.toolstack().read(shutdown) == "");
        }
        rig.ask(sysrq, "t");
        REQUIRE(rig.toolstack().read(sysrq) == "");
        REQUIRE(rig.asked == "phrsct");
        REQUIRE(rig.guest.connection().transactions.empty());
    });
}

TEST_CASE("empty and unknown values are nobody's request, and stay")
{
    with_rig(50, [](ControlRig& rig) {
        for (char const* const value :
             {"", "Poweroff", "power", "poweroff ", "poweroffpoweroff", "suspend\n", "0"}) {
            rig.ask(shutdown, value);
            REQUIRE(rig.toolstack().read(shutdown) == value);
        }
        rig.ask(shutdown, std::string(2000, 'x'));
        rig.toolstack().rm(shutdown);
        rig.ask(sysrq, "two");
        REQUIRE(rig.toolstack().read(sysrq) == "two");
        REQUIRE(rig.asked.empty());
    });
}

TEST_CASE("a request survives whatever the daemon does to its acknowledgement")
{
    with_rig(100, [](ControlRig& rig) {
        auto& faults = rig.guest.domain.faults();
        faults.plan(Fault::store_conflict, 40); // More often than one transaction is tried.
        rig.ask(shutdown, "reboot");
        REQUIRE(faults.struck(Fault::store_conflict) == 40);
        REQUIRE(rig.asked == "r");
        REQUIRE(rig.toolstack().read(shutdown) == "");
    });
}

TEST_CASE("what is asked for while the last request is carried out is seen afterwards")
{
    with_rig(100, [](ControlRig& rig) {
        rig.handling = 2s;
        rig.toolstack().write(shutdown, "suspend");
        rig.guest.domain.sleep(1s);
        REQUIRE(rig.asked == "s");
        rig.ask(shutdown, "poweroff");
        REQUIRE(rig.asked == "sp");
    });
}

TEST_CASE("what the guest can be asked for is said, and said again in a restored domain")
{
    with_rig(50, [](ControlRig& rig) {
        auto const feature = [&](std::string name) {
            return rig.toolstack().read("/local/domain/5/control/feature-" + name);
        };
        REQUIRE(feature("poweroff") == "1");
        rig.actions.reboot = {};
        auto& connection = rig.guest.store.connection();
        REQUIRE(connection.pause(rig.guest.in(1s)));
        rig.guest.domain.restore(10s);
        rig.prepare();
        REQUIRE(connection.move(
            rig.guest.domain.store_page(), rig.guest.domain.store_port(), rig.guest.in(5s)));
        rig.guest.domain.sleep(1s);
        REQUIRE(feature("suspend") == "1");
        REQUIRE(feature("reboot") == "0");
        rig.ask(shutdown, "reboot");
        REQUIRE(rig.toolstack().read(shutdown) == "reboot");
        rig.ask(shutdown, "halt");
        REQUIRE(rig.asked == "h");
    });
}

TEST_CASE("a target for the memory that could not be read at once is told later")
{
    with_rig(50, [](ControlRig& rig) {
        rig.guest.domain.faults().plan(Fault::store_no_reply);
        rig.toolstack().write(target, "8192");
        rig.guest.domain.sleep(60s);
        REQUIRE(rig.kib == 8192);
    });
}

TEST_CASE("each new target for the memory is told, and garbage is not")
{
    with_rig(50, [](ControlRig& rig) {
        REQUIRE(rig.kib == 16384);
        rig.ask(target, "8192");
        REQUIRE(rig.kib == 8192);
        rig.ask(target, "");
        rig.ask(target, "much");
        REQUIRE(rig.kib == 8192);
        rig.ask(target, "12288");
        REQUIRE(rig.kib == 12288);
    });
}
