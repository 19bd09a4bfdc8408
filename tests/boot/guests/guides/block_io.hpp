#pragma once

#include "elsewhere.hpp"

#include <fcntl.h>
#include <guides/block-io/headers.inc>
#include <unistd.h>

/// docs/block-io.md, on xvda, a disk of 1 MiB.
namespace {

Result<> work_with(BlockDevice& disk);

/// What `work_with` has written to the disk, byte by byte.
std::byte pattern(std::uint64_t offset)
{
    return static_cast<std::byte>(offset / 4096 * 7 + offset % 251);
}

char const* words_for(std::span<std::byte const> blocks);

// clang-format off: as the guide has them, one after the other.
#include <guides/block-io/open.inc>
#include <guides/block-io/blocking.inc>
#include <guides/block-io/pool.inc>
#include <guides/block-io/completions.inc>
#include <guides/block-io/batch.inc>
#include <guides/block-io/coroutines.inc>
#include <guides/block-io/pieces.inc>
#include <guides/block-io/cancellation.inc>
#include <guides/block-io/expires.inc>
#include <guides/block-io/flush.inc>
#include <guides/block-io/discard.inc>
#include <guides/block-io/changes.inc>
#include <guides/block-io/loss.inc>
#include <guides/block-io/disks.inc>
#include <guides/block-io/posix.inc>
// clang-format on

constexpr std::size_t patterned = 256 * 1024;

Result<> expect(bool holds, char const* what)
{
    if (holds)
        return {};
    std::printf("Wrong: %s\n", what);
    return Failure{Errc::unknown};
}

/// Whether the block at an offset holds the pattern of another place.
Result<> expect_block(BlockDevice& disk, std::uint64_t offset, std::uint64_t source)
{
    std::array<std::byte, 4096> block;
    LODGER_TRY(blkfront::read(disk, offset, block, after(guest(), 10s)));
    for (std::size_t i = 0; i < block.size(); ++i)
        LODGER_TRY(expect(block[i] == pattern(source + i), "the contents of a block"));
    return {};
}

char const* words_for(std::span<std::byte const> blocks)
{
    for (std::size_t i = 0; i < blocks.size(); ++i)
        if (blocks[i] != pattern(i / 4096 * 8192 + i % 4096))
            return "something else";
    return "what was written there";
}

Result<> write_pattern(BlockDevice& disk)
{
    auto const buffer = LODGER_TRY(BlockBuffer::allocate(disk.pool(), patterned));
    for (std::size_t i = 0; i < patterned; ++i)
        buffer.bytes()[i] = pattern(i);
    return blkfront::write(disk, 0, buffer.bytes(), after(guest(), 10s));
}

Result<> write_a_record(BlockDevice& disk)
{
    auto const header = LODGER_TRY(BlockBuffer::allocate(disk.pool(), 4096));
    auto const body = LODGER_TRY(BlockBuffer::allocate(disk.pool(), 4096));
    std::ranges::fill(header.bytes(), std::byte{1});
    std::ranges::fill(body.bytes(), std::byte{2});
    LODGER_TRY(write_record(disk, header, body));
    std::array<std::byte, 1024> record;
    LODGER_TRY(blkfront::read(disk, 65536, record, after(guest(), 10s)));
    return expect(record[511] == std::byte{1} && record[512] == std::byte{2}, "the record");
}

Result<> work_with(BlockDevice& disk)
{
    LODGER_TRY(write_pattern(disk));
    LODGER_TRY(read_every_other_block(disk));
    LODGER_TRY(exchange_blocks(disk));
    LODGER_TRY(expect_block(disk, 4096, 0));
    LODGER_TRY(expect_block(disk, 8192, 12288));
    LODGER_TRY(copy_block(disk));
    LODGER_TRY(expect_block(disk, 4096, 4096));
    LODGER_TRY(write_a_record(disk));
    LODGER_TRY(read_unless_told_otherwise(disk));
    auto const room = LODGER_TRY(BlockBuffer::allocate(disk.pool(), 4096));
    auto const soon = read_soon(disk, room.bytes());
    LODGER_TRY(blkfront::run(disk, after(guest(), 20s), soon));
    LODGER_TRY(soon.outcome());
    LODGER_TRY(make_durable(disk));
    LODGER_TRY(forget_second_half(disk));
    return clear_start(disk);
}

Result<> do_block_io()
{
    LODGER_TRY(use_disk("xvda"));
    Changes changes;
    {
        BlockDevice disk{*LODGER_TRY(runtime::xenstore()), runtime::grants()};
        LODGER_TRY(open_patiently(disk, changes));
        LODGER_TRY(look_elsewhere(disk));
    }
    LODGER_TRY(expect(changes.connected == 1, "how often the disk was connected"));
    LODGER_TRY(count_disks());
    return expect(sum_of_first_block() == 3, "what a file reads of the disk");
}

} // namespace
