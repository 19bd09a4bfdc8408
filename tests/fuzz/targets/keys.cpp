#include <lodger/blkfront/disk.hpp>
#include <lodger/tests/fuzz/domain.hpp>
#include <lodger/tests/fuzz/store_peer.hpp>

using namespace lodger;

// What a backend says of its disk, read through a real client: either refused, or a geometry with
// which one can compute freely.

namespace {

void check(blkfront::Disk const& disk, fuzz::Input& input)
{
    auto const is_power_of_two = [](std::uint64_t n) { return n && !(n & (n - 1)); };
    fuzz::require(is_power_of_two(disk.sector_size) && disk.sector_size >= 512);
    fuzz::require(disk.sector_size <= page_size);
    fuzz::require(is_power_of_two(disk.physical_sector_size));
    fuzz::require(disk.physical_sector_size >= disk.sector_size);
    fuzz::require(disk.size % disk.sector_size == 0);
    for (int i = 0; i < 4; ++i) {
        // Mostly whole sectors, or little else would be looked at.
        std::uint64_t const whole = i == 0 ? 1 : disk.sector_size;
        std::uint64_t const offset = input.take<std::uint64_t>() & -whole;
        std::uint64_t const length = input.take<std::uint64_t>() >> input.up_to(63) & -whole;
        __extension__ using Wide = unsigned __int128;
        bool const aligned = offset % disk.sector_size == 0 && length % disk.sector_size == 0;
        bool const inside = Wide{offset} + length <= disk.size;
        fuzz::require(disk.check_range(offset, length).has_value() == (aligned && inside));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    blkfront::KeyValues direct;
    for (auto const& key : blkfront::keys)
        direct[key.key] = input.take<std::uint64_t>() >> input.up_to(63);
    // Powers of two, or hardly any would be accepted.
    direct[blkfront::Key::sector_size] = 256ull << input.up_to(5);
    direct[blkfront::Key::physical_sector_size] = input.up_to(1) ? 1ull << input.up_to(63) : 0;
    if (auto const disk = blkfront::disk_of(direct))
        check(*disk, input);

    fuzz::SharedPage<store::Page> page;
    fuzz::FuzzDomain domain;
    fuzz::StorePeer daemon{input, *page, false};
    domain.meanwhile = [&] { return !input.empty() && daemon.work(); };
    store::Client<fuzz::FuzzDomain> client{domain, *page, Port{1}};
    fuzz::require(client.start().has_value());
    auto const deadline = after(domain, std::chrono::seconds{1});
    auto const said = blkfront::read_keys(client, "/local/domain/0/backend/vbd/5/51712", deadline);
    if (!said)
        return 0;
    if (auto const disk = blkfront::disk_of(*said))
        check(*disk, input);
    return 0;
}
