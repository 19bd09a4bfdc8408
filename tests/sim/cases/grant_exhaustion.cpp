// A grant table with next to no room in it.

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockRig;
using sim::Fault;
using sim::Guest;

namespace {

/// Grants that others hold, all but so many of the table's.
class Hoard {
public:
    Hoard(Guest& guest, std::size_t left)
        : guest_{guest},
          page_{guest.domain.allocate_pages(1).value()}
    {
        auto const one = [&] {
            return guest.grants.grant(Domain{9}, guest.domain.gfn(page_.data()), Access::read_only);
        };
        for (auto ref = one(); ref; ref = one())
            refs_.push_back(*ref);
        for (; left > 0; --left)
            drop_one();
    }
    Hoard(Hoard const&) = delete;
    Hoard& operator=(Hoard const&) = delete;
    ~Hoard()
    {
        while (!refs_.empty())
            drop_one();
        guest_.domain.free_pages(page_);
    }

private:
    void drop_one()
    {
        REQUIRE(guest_.grants.revoke(refs_.back()));
        refs_.pop_back();
    }

    Guest& guest_;
    std::span<std::byte> page_;
    std::vector<GrantRef> refs_;
};

} // namespace

TEST_CASE("two disks share what grants there are, and work again when there are more")
{
    sim::for_each_seed(150, [](sim::World& world) {
        BlockRig rig{world};
        auto& second =
            world.make<sim::BlockBackend>(rig.driver, rig.guest.domain, sim::BlockOptions{51728});
        rig.guest.domain.limit_grant_frames(1);
        rig.guest.run([&](Guest& guest) {
            std::array disks{&rig.disk, &second};
            std::array<BlockRig::Device, 2> devices{
                BlockRig::Device{guest.store, guest.grants},
                BlockRig::Device{guest.store, guest.grants}};
            REQUIRE(devices[0].open("xvda", {}, guest.in(5s)));
            REQUIRE(devices[1].open("xvdb", {}, guest.in(5s)));
            std::size_t running = 0;
            auto const read_all = [&](bool must) {
                for (std::size_t i = 0; i < 4; ++i) {
                    ++running;
                    guest.domain.spawn("reader-" + std::to_string(i), [&, i, must] {
                        std::vector<std::byte> data(64 * 1024);
                        auto const read =
                            blkfront::read(devices[i % 2], 0, std::span{data}, guest.in(5s));
                        REQUIRE((read || (!must && read.error() == Errc::no_space)));
                        if (read)
                            REQUIRE(std::ranges::equal(
                                data, std::span{disks[i % 2]->medium()}.first(data.size())));
                        --running;
                    });
                }
                while (running > 0)
                    guest.domain.sleep(1ms);
            };
            {
                Hoard const hoard{guest, world.random().between(1, 40)};
                read_all(false);
            }
            read_all(true);
            for (auto& device : devices)
                REQUIRE(device.close(guest.in(5s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a disk that finds no grant for its ring says so, and can be opened later")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.domain.limit_grant_frames(1);
        rig.guest.run([&](Guest& guest) {
            {
                BlockRig::Device device{guest.store, guest.grants};
                Hoard const hoard{guest, 0};
                REQUIRE(device.open("xvda", {}, guest.in(5s)).error() == Errc::no_space);
            }
            BlockRig::Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", {}, guest.in(5s)));
            std::vector<std::byte> data(4096);
            REQUIRE(blkfront::read(device, 0, std::span{data}, guest.in(5s)));
            REQUIRE(device.close(guest.in(5s)));
        });
        REQUIRE(rig.is_clean());
    });
}
