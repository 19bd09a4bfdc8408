#include <lodger/tests/sim/block/raw_frontend.hpp>
#include <lodger/tests/sim/seeds.hpp>
#include <lodger/xenbus/served_devices.hpp>

#include <catch2/catch.hpp>

// The backend's side of the handshake, against a frontend that is driven by hand.

using namespace lodger;
using namespace std::literals;
using sim::BlockOptions;
using sim::BlockRig;
using sim::Fault;
using sim::RawFrontend;
using Data = RawFrontend::Data;
using xenbus::State;
using States = std::vector<std::string>;

namespace {

/// Runs `body(rig, frontend)`, and looks that the backend has nothing of anybody's afterwards.
template <class Body>
void with_frontend(std::size_t seeds, BlockOptions const& options, Body const& body)
{
    sim::for_each_seed(seeds, [&](sim::World& world) {
        BlockRig rig{world, options};
        rig.guest.run([&](sim::Guest& guest) {
            RawFrontend frontend{guest, rig.disk};
            body(rig, frontend);
        });
        REQUIRE(world.grants().mapped_by(rig.driver.domain.id()) == 0);
        REQUIRE(rig.driver.domain.open_ports() == 1);
    });
}

States states(BlockRig& rig)
{
    return rig.world.store().values_of(rig.disk.path() + "/state");
}

std::string error_of(BlockRig& rig)
{
    return rig.world.store().read("/local/domain/1/error/backend/vbd/5/51712/error").value_or("");
}

/// What the backend says of an offer that it cannot take.
void expect_refused(
    std::vector<std::pair<std::string, std::string>> const& keys, std::string_view why)
{
    with_frontend(5, {.offers = sim::all_offers}, [&](BlockRig& rig, RawFrontend& frontend) {
        frontend.await(State::init_wait);
        RawFrontend::Queue const queue{rig.guest, 1};
        frontend.write("event-channel", std::to_string(queue.channel.port().value));
        frontend.write("ring-ref", std::to_string(queue.pages.refs()[0].value));
        for (auto const& [key, value] : keys) {
            INFO(key << " = " << value);
            frontend.write(key, value);
        }
        frontend.say(State::initialised);
        frontend.await(State::closing);
        REQUIRE(error_of(rig).starts_with(why));
        frontend.say(State::closed);
        frontend.await(State::closed);
        REQUIRE(states(rig) == States{"1", "2", "5", "6"});
    });
}

} // namespace

TEST_CASE("the backend goes 1, 2, 4, 5, 6, and says first what can be negotiated")
{
    with_frontend(100, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.await(State::init_wait);
        REQUIRE(frontend.read("max-ring-page-order") == "4");
        REQUIRE(frontend.read("max-ring-pages") == "16");
        REQUIRE(frontend.read("multi-queue-max-queues") == "4");
        REQUIRE(frontend.read("feature-max-indirect-segments") == "256");
        for (char const* const key : {"sectors", "feature-persistent", "feature-discard"})
            REQUIRE(frontend.read(key) == "(nothing)");
        frontend.connect();
        REQUIRE(frontend.read("sectors") == "256");
        REQUIRE(frontend.read("sector-size") == "512");
        REQUIRE(frontend.read("physical-sector-size") == "512");
        REQUIRE(frontend.read("discard-granularity") == "512");
        REQUIRE(frontend.read("discard-secure") == "1");
        frontend.close();
        REQUIRE(states(rig) == States{"1", "2", "4", "5", "6"});
        // A frontend that begins anew is served again.
        frontend.say(State::initialising);
        frontend.connect();
        frontend.close();
        REQUIRE(states(rig) == States{"1", "2", "4", "5", "6", "2", "4", "5", "6"});
    });
}

TEST_CASE("the medium and the frontend's offer may come in either order")
{
    for (auto const delay : {0us, 20'000us}) {
        with_frontend(30, {.most_hotplug_delay = delay}, [](BlockRig&, RawFrontend& frontend) {
            frontend.connect();
            frontend.close();
        });
    }
}

TEST_CASE("without a medium the backend joins the ring and waits, and says for what")
{
    with_frontend(10, {.hotplug = ""}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.await(State::init_wait);
        frontend.offer({});
        rig.guest.domain.sleep(100ms);
        REQUIRE(rig.disk.state() == State::init_wait);
        REQUIRE(rig.disk.status().waiting_for.contains("hotplug-status"));
        REQUIRE(rig.guest.grants.is_mapped(frontend.queues[0]->pages.refs()[0]));
        rig.world.store().write(rig.disk.path() + "/hotplug-status", "connected");
        frontend.await(State::connected);
        frontend.close();
    });
}

TEST_CASE("a medium that cannot be had is reported, and the device closes")
{
    with_frontend(20, {.hotplug = "error"}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.await(State::closing);
        REQUIRE(error_of(rig).starts_with("no such device"));
        frontend.say(State::closed);
        frontend.await(State::closed);
    });
}

TEST_CASE("offers that make no sense are reported, and the device closes")
{
    std::string_view const nonsense = "the other end broke the protocol";
    expect_refused({{"ring-page-order", "5"}}, nonsense);
    expect_refused({{"ring-page-order", "garbage"}}, nonsense);
    expect_refused({{"num-ring-pages", "3"}}, nonsense);
    expect_refused({{"num-ring-pages", "0"}}, nonsense);
    expect_refused({{"num-ring-pages", "32"}}, nonsense);
    expect_refused({{"multi-queue-num-queues", "0"}}, nonsense);
    expect_refused({{"multi-queue-num-queues", "5"}}, nonsense);
    expect_refused({{"feature-persistent", "yes"}}, nonsense);
    expect_refused({{"event-channel", "-1"}}, nonsense);
    expect_refused({{"ring-ref", "99999999999"}}, nonsense);
    expect_refused({{"multi-queue-num-queues", "2"}}, "not found");
    expect_refused({{"ring-page-order", "1"}}, "not found");
    expect_refused({{"protocol", "x86_32-abi"}}, "operation not supported");
    expect_refused({{"ring-ref", "8000"}}, "invalid argument");
    expect_refused({{"event-channel", "900"}}, "invalid argument");
}

TEST_CASE("an index that no honest frontend has ends the service, with a report")
{
    with_frontend(30, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.connect();
        auto& queue = *frontend.queues[0];
        auto* const header = reinterpret_cast<ring::SharedHeader*>(queue.pages.bytes().data());
        sim::Memory::store_release(
            header->req_prod, static_cast<RING_IDX>(33 + rig.world.random().below(1'000'000)));
        REQUIRE(queue.channel.notify());
        frontend.await(State::closing);
        REQUIRE(error_of(rig).starts_with("the other end broke the protocol"));
        frontend.say(State::closed);
        frontend.await(State::closed);
    });
}

TEST_CASE("whatever a frontend says, the backend takes only legal steps and lets go in the end")
{
    constexpr std::array texts = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "garbage", ""};
    with_frontend(300, {.offers = sim::all_offers}, [&](BlockRig& rig, RawFrontend& frontend) {
        sim::Random& random = rig.world.random();
        RawFrontend::Queue const queue{rig.guest, 1};
        frontend.write("event-channel", std::to_string(queue.channel.port().value));
        frontend.write("ring-ref", std::to_string(queue.pages.refs()[0].value));
        for (int i = 0; i < 12; ++i) {
            frontend.write("state", texts[random.below(texts.size())]);
            rig.guest.domain.sleep(random.up_to(2ms));
        }
        frontend.say(State::closed);
        frontend.await(State::closed);
        State before = State::initialising;
        for (std::string const& text : states(rig)) {
            State const state = xenbus::state_of(text);
            REQUIRE((state == before || xenbus::is_legal(xenbus::Role::backend, before, state)));
            before = state;
        }
    });
}

TEST_CASE("a device that the toolstack removes is let go of, and does not come back")
{
    with_frontend(150, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend&) {
        sim::Random& random = rig.world.random();
        std::optional<RawFrontend::Queue> queue;
        rig.driver.domain.spawn("toolstack", [&] {
            rig.driver.domain.sleep(random.up_to(4ms));
            rig.world.store().rm(rig.disk.frontend_path());
            if (random.chance(2))
                rig.driver.domain.sleep(random.up_to(1ms));
            rig.disk.vanish();
        });
        queue.emplace(rig.guest, 1);
        for (auto const& [key, value] :
             {std::pair{"event-channel", queue->channel.port().value},
              {"ring-ref", queue->pages.refs()[0].value},
              {"state", 3u}})
            static_cast<void>(rig.guest.store.write({rig.disk.frontend_path(), key}, value));
        while (!rig.disk.is_over())
            rig.guest.domain.sleep(1ms);
        REQUIRE_FALSE(rig.world.store().tree().find(rig.disk.path()));
        REQUIRE_FALSE(queue->pages.is_mapped());
    });
}

TEST_CASE("a backend that dies lets go of everything, and XenStore stays as it is")
{
    with_frontend(30, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.connect();
        rig.disk.die();
        while (!rig.disk.is_over())
            rig.guest.domain.sleep(1ms);
        REQUIRE(frontend.read("state") == "4");
        REQUIRE_FALSE(frontend.queues[0]->pages.is_mapped());
    });
}

TEST_CASE("a disk that is detached or closed from the backend's side closes with its frontend")
{
    with_frontend(30, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.connect();
        if (rig.world.random().chance(2))
            rig.disk.detach();
        else
            rig.disk.close();
        frontend.await(State::closing);
        frontend.close();
    });
}

TEST_CASE("a new size is published before Connected is said once more")
{
    with_frontend(20, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.connect();
        rig.disk.resize(256 * 1024);
        auto watch = rig.guest.store.watch({rig.disk.path(), "sectors"}).value();
        while (frontend.read("sectors") != "512")
            REQUIRE(watch.wait(rig.guest.in(1s)));
        Data const data{rig.guest};
        auto const said_connected = [&] {
            return std::ranges::count_if(
                rig.world.store().history(), [&](sim::StoreRecord const& record) {
                    return record.path == rig.disk.path() + "/state" && record.value == "4";
                });
        };
        while (said_connected() != 2)
            rig.guest.domain.sleep(1ms);
        REQUIRE(frontend.ask(frontend.make(BLKIF_OP_WRITE, 504, {data.segment()})) == 0);
        REQUIRE(frontend.ask(frontend.make(BLKIF_OP_WRITE, 505, {data.segment()})) == -1);
        frontend.close();
    });
}

TEST_CASE("a backend that is reconfigured goes 7, 8 and 4, and serves all the while")
{
    with_frontend(30, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.connect();
        Data const data{rig.guest};
        rig.disk.reconfigure();
        for (int i = 0; i < 20; ++i)
            REQUIRE(frontend.ask(frontend.make(BLKIF_OP_READ, 0, {data.segment()})) == 0);
        while (states(rig).size() < 6)
            rig.guest.domain.sleep(1ms);
        frontend.close();
        REQUIRE(states(rig) == States{"1", "2", "4", "7", "8", "4", "5", "6"});
    });
}

TEST_CASE("a disk that another domain takes over is the same disk")
{
    with_frontend(20, {.offers = sim::all_offers}, [](BlockRig& rig, RawFrontend& frontend) {
        frontend.connect();
        Data const data{rig.guest};
        REQUIRE(frontend.ask(frontend.make(BLKIF_OP_WRITE, 0, {data.segment()})) == 0);
        auto& other = rig.world.make<sim::ClientDomain>(rig.world.add_domain(2));
        auto& successor =
            rig.world.make<sim::BlockBackend>(other, rig.guest.domain, BlockOptions{}, &rig.disk);
        REQUIRE(rig.world.store().read(rig.disk.frontend_path() + "/backend-id") == "2");
        REQUIRE(&successor.medium() == &rig.disk.medium());
        while (!rig.disk.is_over())
            rig.guest.domain.sleep(1ms);
        REQUIRE_FALSE(frontend.queues[0]->pages.is_mapped());
    });
}

TEST_CASE("the devices to serve are found as they come and go, whoever they are for")
{
    sim::for_each_seed(30, [](sim::World& world) {
        sim::ClientDomain driver{world.add_domain(1)};
        std::string const root = "/local/domain/1/backend/vbd";
        auto const change = [&](auto what, std::string const& device) {
            driver.domain.sleep(world.random().up_to(1ms));
            what(root + device);
        };
        auto const add = [&](std::string const& path) { world.store().write(path, ""); };
        auto const remove = [&](std::string const& path) { world.store().rm(path); };
        bool changed = false;
        driver.domain.spawn("toolstack", [&] {
            change(add, "/5/51712");
            change(add, "/7/51712");
            change(add, "/rubbish/1");
            change(add, "/5/51728");
            change(remove, "/7");
            change(remove, "/5/51712");
            changed = true;
        });
        driver.domain.spawn("main", [&] {
            auto devices = xenbus::ServedDevices<sim::Domain>::watch(
                               driver.store, "vbd", after(driver.domain, 1s))
                               .value();
            std::vector<std::string> found;
            while (!changed || found != std::vector<std::string>{"backend/vbd/5/51728"}) {
                REQUIRE(devices.wait(after(driver.domain, 5s)));
                found.clear();
                REQUIRE(devices.look([&](std::string_view path) -> Result<> {
                    REQUIRE_FALSE(path.contains("rubbish"));
                    found.emplace_back(path);
                    return {};
                }));
            }
        });
        world.run();
        world.finish();
    });
}
