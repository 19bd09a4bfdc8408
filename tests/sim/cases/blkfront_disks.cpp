// Disks that are found as they come and go.

#include <lodger/blkfront/disks.hpp>
#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockBackend;
using sim::BlockOptions;
using sim::ClientDomain;
using sim::Fault;
using sim::Guest;

namespace {

using Discovery = xenbus::Discovery<sim::Domain>;
using Disks = blkfront::Disks<sim::Domain>;
using Kind = blkfront::DiskKind<sim::Domain>;
using blkfront::Change;

constexpr std::uint32_t number_of_disk(std::uint32_t index)
{
    return 51712 + 16 * index;
}

/// A guest that takes in all of its disks, and a domain that serves them.
struct DisksRig {
    explicit DisksRig(sim::World& world)
        : world{world},
          guest{world.make<Guest>(world)},
          driver{world.make<ClientDomain>(world.add_domain(1))}
    {
    }

    BlockBackend& attach(std::uint32_t index, BlockOptions options = {})
    {
        options.number = number_of_disk(index);
        return world.make<BlockBackend>(driver, guest.domain, std::move(options));
    }

    /// Runs `body(disks)` in a thread of the guest, with the discovery at work.
    template <class Body>
    void run(Body body, blkfront::Options const& options = {.pool_pages = 16})
    {
        guest.run([&](Guest&) {
            Discovery discovery{guest.store};
            Disks disks{
                discovery, Kind{guest.store, guest.grants, options}, {&DisksRig::on_change, this}};
            REQUIRE(disks.start());
            REQUIRE(discovery.start());
            body(disks);
            disks.end(guest.in(10s));
            REQUIRE(disks.first() == nullptr);
        });
        REQUIRE(guest.grants.in_use() == guest.grants.quarantined());
        REQUIRE(guest.domain.open_ports() == 1);
        guest.run([&](Guest&) { guest.domain.sleep(1s); });
        REQUIRE(guest.connection().watches.empty());
        REQUIRE(guest.connection().transactions.empty());
    }

    static void on_change(void* self, Disks::Entry& entry, Change change)
    {
        static_cast<DisksRig*>(self)->told.emplace_back(entry.path(), change);
    }

    sim::World& world;
    Guest& guest;
    ClientDomain& driver;
    std::vector<std::pair<std::string, Change>> told;
};

} // namespace

TEST_CASE("many disks connect in about the time of one, beside devices that are not ours")
{
    constexpr std::uint32_t count = 10;
    sim::for_each_seed(60, [=](sim::World& world) {
        DisksRig rig{world};
        world.store().write("/local/domain/5/device/vif/0/state", "1");
        world.store().write("/local/domain/5/device/vbd/rubbish", "1");
        // The hotplug scripts are the slowest part.
        for (std::uint32_t i = 0; i < count; ++i)
            rig.attach(i, {.size = 16 * 1024, .most_hotplug_delay = 100ms});
        rig.run([&](Disks& disks) {
            Instant const before = world.now();
            REQUIRE(disks.wait_for_devices(rig.guest.in(10s)));
            REQUIRE(world.now() - before < 150ms);
            for (std::uint32_t i = 0; i < count; ++i) {
                auto* const entry = disks.find_disk(std::to_string(number_of_disk(i)));
                REQUIRE(entry);
                REQUIRE(entry->condition() == Disks::Condition::connected);
                REQUIRE(entry->device().disk()->size == 16 * 1024);
            }
            REQUIRE(disks.find_disk("xvda") == disks.first());
            REQUIRE(rig.told.size() == count);
            REQUIRE_FALSE(disks.find_disk("xvdz"));
        });
        REQUIRE(world.store().read("/local/domain/5/device/vif/0/state") == "1");
    });
}

TEST_CASE("a disk that cannot be opened stops no other, and is known by name and reason")
{
    sim::for_each_seed(50, [](sim::World& world) {
        DisksRig rig{world};
        rig.attach(0);
        rig.attach(1, {.keys = {{"sector-size", "1"}}});
        rig.attach(2);
        rig.run([&](Disks& disks) {
            REQUIRE(disks.wait_for_devices(rig.guest.in(10s)).error() == Errc::protocol);
            std::size_t late = 0;
            disks.for_each_late([&](Disks::Entry const& entry) {
                ++late;
                REQUIRE(entry.path() == "device/vbd/51728");
                REQUIRE(entry.condition() == Disks::Condition::over);
                REQUIRE(entry.error() == Errc::protocol);
            });
            REQUIRE(late == 1);
            REQUIRE(disks.find_disk("xvda")->device().is_connected());
            REQUIRE(disks.find_disk("xvdc")->device().is_connected());
        });
    });
}

TEST_CASE("who waits for all disks hears in time which is late, and what it waits for")
{
    sim::for_each_seed(50, [](sim::World& world) {
        DisksRig rig{world};
        rig.attach(0);
        auto& silent = world.make<ClientDomain>(world.add_domain(2));
        silent.domain.faults().plan(Fault::block_dead);
        world.make<BlockBackend>(silent, rig.guest.domain, BlockOptions{.number = 51728});
        rig.run([&](Disks& disks) {
            Instant const before = world.now();
            REQUIRE(disks.wait_for_devices(rig.guest.in(3s)).error() == Errc::timed_out);
            REQUIRE(world.now() - before < 3s + 100ms);
            std::size_t late = 0;
            disks.for_each_late([&](Disks::Entry const& entry) {
                ++late;
                xenbus::Status const status = entry.device().status();
                REQUIRE(entry.path() == "device/vbd/51728");
                REQUIRE(status.own == xenbus::State::initialising);
                REQUIRE(status.other == xenbus::State::initialising);
                REQUIRE(status.waiting_for.contains("InitWait"));
            });
            REQUIRE(late == 1);
        });
    });
}

TEST_CASE("a guest without disks waits for none")
{
    sim::for_each_seed(20, [](sim::World& world) {
        DisksRig rig{world};
        rig.run([&](Disks& disks) {
            REQUIRE(disks.wait_for_devices(rig.guest.in(1s)));
            REQUIRE_FALSE(disks.first());
        });
    });
}

TEST_CASE("disks that come and go are told, used, and given back, whatever the order")
{
    sim::for_each_seed(100, [](sim::World& world) {
        DisksRig rig{world};
        std::array<BlockBackend*, 3> attached{};
        bool is_over = false;
        auto const remove = [&](std::size_t index) {
            std::string const path = attached[index]->frontend_path();
            world.store().rm(attached[index]->path());
            world.store().rm(path);
            while (!attached[index]->is_over()) // Another one in its place would hide its end.
                rig.driver.domain.sleep(1ms);
            attached[index] = nullptr;
        };
        rig.driver.domain.spawn("toolstack", [&] {
            for (int round = 0; round < 12; ++round) {
                std::size_t const index = world.random().below(attached.size());
                if (!attached[index]) {
                    attached[index] =
                        &rig.attach(static_cast<std::uint32_t>(index), {.size = 4096});
                } else {
                    if (world.random().chance(2)) {
                        attached[index]->detach();
                        rig.driver.domain.sleep(20ms);
                    }
                    remove(index);
                }
                rig.driver.domain.sleep(world.random().up_to(8ms));
            }
            is_over = true;
        });
        rig.run([&](Disks& disks) {
            auto const agrees = [&] {
                bool agrees = true;
                for (std::uint32_t i = 0; i < attached.size(); ++i) {
                    auto* const entry = disks.find_disk(std::to_string(number_of_disk(i)));
                    bool const is_there =
                        entry && entry->condition() == Disks::Condition::connected;
                    agrees &= attached[i] ? is_there : !entry;
                }
                return agrees;
            };
            Deadline const deadline = rig.guest.in(30s);
            while (!is_over || !agrees()) {
                REQUIRE_FALSE(deadline.passed(rig.guest.domain.now()));
                for (auto* entry = disks.first(); entry;) {
                    if (entry->condition() == Disks::Condition::over) {
                        static_cast<void>(disks.release(*entry, rig.guest.in(5s)));
                        entry = disks.first();
                        continue;
                    }
                    if (entry->condition() == Disks::Condition::connected) {
                        std::array<std::byte, 512> data;
                        static_cast<void>(
                            blkfront::read(entry->device(), 0, std::span{data}, rig.guest.in(1s)));
                    }
                    entry = entry->next();
                }
                static_cast<void>(disks.wait(rig.guest.in(5ms)));
            }
        });
    });
}

TEST_CASE("a disk that was released stays away until the toolstack makes it anew")
{
    sim::for_each_seed(50, [](sim::World& world) {
        DisksRig rig{world};
        BlockBackend& disk = rig.attach(0);
        rig.run([&](Disks& disks) {
            REQUIRE(disks.wait_for_devices(rig.guest.in(5s)));
            REQUIRE(disks.release(*disks.first(), rig.guest.in(5s)));
            REQUIRE_FALSE(disks.first());
            rig.guest.domain.sleep(1s);
            REQUIRE_FALSE(disks.first());
            disk.vanish();
            world.store().rm(disk.frontend_path());
            while (!disk.is_over())
                rig.guest.domain.sleep(1ms);
            rig.attach(0);
            while (!disks.first())
                REQUIRE(disks.wait(rig.guest.in(5s)));
            REQUIRE(disks.wait_for_devices(rig.guest.in(5s)));
        });
    });
}

namespace {

/// The toolstack and a backend that moves nothing, as far as a frontend sees them: enough for a
/// disk to come and go a thousand times.
struct Attachments {
    void attach()
    {
        write(back + "/frontend", front);
        world.store().permit(back, {{'n', 1}, {'r', 5}});
        write(back + "/state", "2");
        write(front + "/backend", back);
        write(front + "/backend-id", "1");
        for (char const* const path : {"", "/backend", "/backend-id"})
            world.store().permit(front + path, {{'n', 5}, {'r', 1}});
        write(front + "/state", "1");
        world.store().permit(front + "/state", {{'n', 5}, {'r', 1}});
        await("3");
        for (auto const& [key, value] : {std::pair{"sectors", "8"}, {"sector-size", "512"}})
            write(back + "/" + key, value);
        write(back + "/state", "4");
        await("4");
    }

    void detach()
    {
        write(back + "/state", "5");
        await("6");
        write(back + "/state", "6");
        toolstack.sleep(1ms);
        world.store().rm(back);
        world.store().rm(front);
    }

    void await(std::string_view state)
    {
        while (world.store().read(front + "/state") != state)
            toolstack.sleep(200us);
    }
    void write(std::string const& path, std::string_view value)
    {
        world.store().write(path, value);
        if (path.starts_with(back))
            world.store().permit(path, {{'n', 1}, {'r', 5}});
    }

    sim::World& world;
    sim::Domain& toolstack;
    std::string front = "/local/domain/5/device/vbd/51712";
    std::string back = "/local/domain/1/backend/vbd/5/51712";
};

struct Holdings {
    explicit Holdings(Guest& guest)
        : watches{guest.connection().watches.size()},
          ports{guest.domain.open_ports()},
          grants{guest.grants.in_use()},
          pages{guest.domain.pages_in_use()},
          transactions{guest.connection().transactions.size()}
    {
    }
    bool operator==(Holdings const&) const = default;

    std::size_t watches, ports, grants, pages, transactions;
};

} // namespace

TEST_CASE("a disk that comes and goes a thousand times leaves nothing behind")
{
    constexpr int cycles = 1000;
    sim::for_each_seed(1, [=](sim::World& world) {
        world.limit(24h);
        DisksRig rig{world};
        Attachments attachments{world, rig.driver.domain};
        int attached = 0;
        std::optional<Holdings> before;
        rig.driver.domain.spawn("toolstack", [&] {
            for (; attached < cycles; ++attached) {
                attachments.attach();
                attachments.detach();
                while (!before) // It is taken after the first.
                    rig.driver.domain.sleep(1ms);
            }
        });
        rig.run(
            [&](Disks& disks) {
                for (int released = 0; released < cycles;) {
                    REQUIRE(disks.wait(rig.guest.in(10s)));
                    auto* const entry = disks.first();
                    if (!entry || entry->condition() != Disks::Condition::over)
                        continue;
                    REQUIRE(disks.release(*entry, rig.guest.in(5s)));
                    REQUIRE_FALSE(disks.first());
                    if (++released > 1)
                        continue;
                    rig.guest.domain.sleep(1s);
                    before.emplace(rig.guest);
                }
                rig.guest.domain.sleep(1s);
                REQUIRE(attached == cycles);
                REQUIRE(Holdings{rig.guest} == *before);
            },
            {.pool_pages = 4, .offer = {.persistent_grants = false}});
        REQUIRE(
            std::ranges::count(
                rig.told, Change::connected, &std::pair<std::string, Change>::second) == cycles);
    });
}
