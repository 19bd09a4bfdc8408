#include <lodger/tests/sim/block/load.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockRig;
using sim::Job;
using sim::Load;

namespace {

using Device = BlockRig::Device;
using blkfront::Io;
using blkfront::Operation;

constexpr std::byte secret{0xa5};
constexpr std::byte sent{0x3c};

/// Every page that the backend could map at this moment and that has a row of such bytes.
std::size_t pages_with(BlockRig& rig, std::byte byte)
{
    std::size_t found = 0;
    auto const entries = rig.guest.domain.grant_table(1).value();
    for (std::uint32_t ref = 0; ref < entries.size(); ++ref) {
        if (!(entries[ref].flags & GTF_permit_access) || entries[ref].domain != 1)
            continue;
        std::vector<std::byte> page(page_size);
        REQUIRE(
            rig.world.grants().copy_from(
                rig.driver.domain, rig.guest.domain.id(), GrantRef{ref}, 0, page) == GNTST_okay);
        found += std::ranges::search_n(page, 16, byte).size() > 0;
    }
    return found;
}

sim::BlockOptions options(sim::World& world, std::optional<std::string> trusted)
{
    sim::BlockOptions options{.size = Load::disk_size, .trusted = std::move(trusted)};
    if (world.random().chance(2))
        options.offers = sim::all_offers;
    return options;
}

/// Submits a write of some sectors in the middle of memory that is secret otherwise.
void submit_amid_secrets(Device& device, Job& job, blkfront::Piece memory)
{
    std::ranges::fill(memory, secret);
    auto const data = memory.subspan(1536, memory.size() - 3072);
    std::ranges::fill(data, sent);
    static_cast<Io&>(job) = Io{Operation::write, 0, data, &Job::complete};
    REQUIRE(device.submit(job));
}

} // namespace

TEST_CASE("a backend that is not trusted sees what is sent to it, and nothing that lies beside it")
{
    sim::for_each_seed(50, [](sim::World& world) {
        bool const is_trusted = world.random().chance(3);
        BlockRig rig{world, options(world, is_trusted ? "1" : "0")};
        rig.with_device([&](Device& device) {
            REQUIRE(device.features()->copies_data == !is_trusted);
            std::size_t const size = (1 + world.random().below(20)) * page_size;
            auto const buffer =
                blkfront::Buffer<sim::Domain>::allocate(device.pool(), size).value();
            Job job;
            submit_amid_secrets(device, job, buffer.bytes());
            REQUIRE(pages_with(rig, sent) > 0);
            REQUIRE((pages_with(rig, secret) > 0) == is_trusted);
            device.publish();
            while (job.completions == 0)
                REQUIRE(device.wait(rig.in(10s)));
            REQUIRE(job.outcome);
            auto const written = std::span{rig.disk.medium()}.first(job.data.size());
            REQUIRE(std::ranges::count(written, sent) == std::ssize(written));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE(
    "a toolstack that does not say is one that trusts, and one that says anything else is not")
{
    for (auto const& [said, copies] :
         {std::pair{std::optional<std::string>{}, false},
          {std::optional{"1"s}, false},
          {std::optional{"0"s}, true},
          {std::optional{""s}, true},
          {std::optional{"no"s}, true},
          {std::optional{"123456789"s}, true}}) {
        sim::for_each_seed(5, [&](sim::World& world) {
            BlockRig rig{world, options(world, said)};
            rig.with_device(
                [&](Device& device) { REQUIRE(device.features()->copies_data == copies); });
            REQUIRE(rig.is_clean());
        });
    }
}

TEST_CASE("data that is copied for a backend that is not trusted is the right data")
{
    sim::for_each_seed(200, [](sim::World& world) {
        BlockRig rig{world, options(world, "0")};
        rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", {.pool_pages = Load::pool_pages}, rig.in(5s)));
            std::vector<std::byte> const before = rig.disk.medium();
            {
                Load load{device, world.random(), before};
                REQUIRE(load.run([&] { return load.submitted >= 150; }));
                REQUIRE(load.failed == 0);
                REQUIRE_FALSE(load.has_read_wrong);
                REQUIRE(load.agrees_with(rig.disk.medium()));
            }
            REQUIRE(device.close(rig.in(5s)));
        });
        REQUIRE(rig.is_clean());
    });
}
