#include "partitions.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace examples {

using namespace lodger;

namespace {

using Bytes = std::span<std::byte const>;

constexpr Duration patience = std::chrono::seconds{30};

/// A little-endian number at an offset that the caller knows to be inside.
template <class Integer>
Integer number_at(Bytes bytes, std::size_t offset)
{
    Integer number;
    std::memcpy(&number, bytes.data() + offset, sizeof number);
    return number;
}

struct TypeName {
    unsigned number;
    char const* name;
};

// The types that disks of virtual machines usually hold.
constexpr TypeName mbr_types[] = {
    {0x05, "extended"}, {0x06, "FAT16"},      {0x07, "NTFS"},     {0x0b, "FAT32"},
    {0x0c, "FAT32"},    {0x0e, "FAT16"},      {0x0f, "extended"}, {0x82, "Linux swap"},
    {0x83, "Linux"},    {0x8e, "Linux LVM"},  {0xa5, "FreeBSD"},  {0xa9, "NetBSD"},
    {0xef, "EFI"},      {0xfd, "Linux RAID"},
};

// By the first field of the GUID, which is enough to tell these apart.
constexpr TypeName gpt_types[] = {
    {0x0fc63daf, "Linux"},      {0xc12a7328, "EFI"},       {0xebd0a0a2, "basic data"},
    {0x0657fd6d, "Linux swap"}, {0xe6d6d379, "Linux LVM"}, {0x21686148, "BIOS boot"},
    {0xa19d880f, "Linux RAID"}, {0x516e7cb4, "FreeBSD"},
};

char const* name_in(std::span<TypeName const> types, unsigned number)
{
    auto const found = std::ranges::find(types, number, &TypeName::number);
    return found == types.end() ? "other" : found->name;
}

void print_row(
    std::uint32_t index, std::uint64_t first, std::uint64_t count, std::uint32_t sector_size,
    char const* type, char const* name)
{
    // In two steps, so that a size that the table lies about does not overflow.
    std::uint64_t const kib = count / 1024 * sector_size + count % 1024 * sector_size / 1024;
    std::printf(
        "  %3" PRIu32 "  %12" PRIu64 "  %12" PRIu64 "  %10" PRIu64 " KiB  %-11s %s\n", index, first,
        count, kib, type, name);
}

void print_heading(char const* kind)
{
    std::printf(
        "Partition table: %s\n  %3s  %12s  %12s  %14s  %-11s %s\n", kind, "no", "first", "sectors",
        "size", "type", "name");
}

/// A partition's name, UTF-16 in the table, as far as it is ASCII.
std::array<char, 37> gpt_name(Bytes entry)
{
    std::array<char, 37> name{};
    for (std::size_t i = 0; i < 36; ++i) {
        auto const unit = number_at<std::uint16_t>(entry, 56 + 2 * i);
        name[i] = unit == 0 ? '\0' : unit >= 0x20 && unit < 0x7f ? static_cast<char>(unit) : '?';
        if (unit == 0)
            break;
    }
    return name;
}

void print_gpt_entry(std::uint32_t index, Bytes entry, std::uint32_t sector_size)
{
    auto const first = number_at<std::uint64_t>(entry, 32);
    auto const last = number_at<std::uint64_t>(entry, 40);
    bool const in_use =
        std::ranges::any_of(entry.first(16), [](std::byte byte) { return byte != std::byte{0}; });
    if (!in_use)
        return;
    if (last < first) {
        std::printf("  %3" PRIu32 "  ends before it begins\n", index);
        return;
    }
    print_row(
        index, first, last - first + 1, sector_size,
        name_in(gpt_types, number_at<std::uint32_t>(entry, 0)), gpt_name(entry).data());
}

/// The header's fields, UEFI specification, section 5.3.
Result<> print_gpt(BlockDevice& device, Bytes header, BlockBuffer& buffer)
{
    std::uint32_t const sector_size = device.disk()->sector_size;
    auto const table = number_at<std::uint64_t>(header, 72);
    auto const count = number_at<std::uint32_t>(header, 80);
    auto const size = number_at<std::uint32_t>(header, 84);
    if (size < 128 || size > page_size || !std::has_single_bit(size) || count > 4096 ||
        table > device.disk()->size / sector_size) {
        std::printf("Partition table: GPT, but its header makes no sense\n");
        return {};
    }
    print_heading("GPT");
    for (std::uint32_t index = 0; index < count; ++index) {
        std::uint64_t const at = table * sector_size + std::uint64_t{index} * size;
        std::uint64_t const block = at & ~(page_size - 1);
        auto const data = buffer.bytes().first(std::min<std::uint64_t>(
            page_size, device.disk()->size - std::min(block, device.disk()->size)));
        if (data.size() < page_size && at - block + size > data.size()) {
            std::printf("  the table goes on beyond the end of the disk\n");
            return {};
        }
        if (index == 0 || at == block)
            LODGER_TRY(blkfront::read(device, block, data, after(guest(), patience)));
        print_gpt_entry(index + 1, Bytes{data}.subspan(at - block, size), sector_size);
    }
    return {};
}

void print_mbr(Bytes sector, std::uint32_t sector_size)
{
    print_heading("MBR");
    for (std::uint32_t index = 0; index < 4; ++index) {
        Bytes const entry = sector.subspan(446 + 16 * index, 16);
        auto const type = static_cast<unsigned>(entry[4]);
        if (type != 0)
            print_row(
                index + 1, number_at<std::uint32_t>(entry, 8), number_at<std::uint32_t>(entry, 12),
                sector_size, name_in(mbr_types, type), "");
    }
}

} // namespace

Result<> print_partitions(BlockDevice& device)
{
    std::uint32_t const sector_size = device.disk()->sector_size;
    if (device.disk()->size < 2 * page_size) {
        std::printf("Partition table: none, the disk is too small for one\n");
        return {};
    }
    auto buffer = LODGER_TRY(BlockBuffer::allocate(device.pool(), 2 * page_size));
    std::span<std::byte> const start = buffer.bytes();
    LODGER_TRY(blkfront::read(device, 0, start, after(guest(), patience)));
    Bytes const mbr = start.first(512);
    Bytes const gpt = start.subspan(sector_size, 92);
    if (std::memcmp(gpt.data(), "EFI PART", 8) == 0)
        return print_gpt(device, gpt, buffer);
    if (number_at<std::uint16_t>(mbr, 510) == 0xaa55)
        print_mbr(mbr, sector_size);
    else
        std::printf("Partition table: none\n");
    return {};
}

} // namespace examples
