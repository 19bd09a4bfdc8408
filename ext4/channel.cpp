#include <lodger/ext4/channel.hpp>
#include <lodger/posix/errors.hpp>

#include <charconv>
#include <cstring>
#include <new>

namespace lodger::ext4 {
namespace {

BlockCache& cache_of(io_channel channel)
{
    return *static_cast<BlockCache*>(channel->private_data);
}

errcode_t code_of(Result<> const& result)
{
    return result ? 0 : posix::errno_of(result.error());
}

/// A place as the library names it; a negative count is one of bytes.
struct Range {
    std::uint64_t offset;
    std::size_t size;
};

/// @return `out_of_range` for what is not inside any disk: a file system may say anything
Result<Range> range_of(io_channel channel, unsigned long long block, int count)
{
    auto const unit = static_cast<std::uint64_t>(channel->block_size);
    std::uint64_t offset = 0;
    if (__builtin_mul_overflow(block, unit, &offset))
        return Failure{Errc::io};
    std::size_t const size = count < 0 ? static_cast<std::size_t>(-static_cast<long>(count))
                                       : static_cast<std::size_t>(count) * unit;
    if (offset > cache_of(channel).size() || size > cache_of(channel).size() - offset)
        return Failure{Errc::io};
    return Range{offset, size};
}

/// The name is the cache's address: the library's managers have no other word for one disk.
errcode_t open(char const* name, int, io_channel* opened)
{
    std::uintptr_t address = 0;
    std::from_chars(name, name + std::strlen(name), address, 16);
    auto* const channel = static_cast<io_channel>(std::calloc(1, sizeof(struct_io_channel)));
    if (!channel)
        return ENOMEM;
    channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    channel->manager = channel_manager();
    channel->block_size = EXT2_MIN_BLOCK_SIZE;
    channel->refcount = 1;
    channel->flags = CHANNEL_FLAGS_BLOCK_DEVICE;
    channel->private_data = reinterpret_cast<void*>(address);
    *opened = channel;
    return 0;
}

errcode_t close(io_channel channel)
{
    if (--channel->refcount > 0)
        return 0;
    auto const written = cache_of(channel).write_back();
    std::free(channel);
    return code_of(written);
}

errcode_t set_block_size(io_channel channel, int size)
{
    channel->block_size = size;
    return 0;
}

errcode_t read(io_channel channel, unsigned long long block, int count, void* to)
{
    auto const range = range_of(channel, block, count);
    if (!range)
        return posix::errno_of(range.error());
    return code_of(
        cache_of(channel).read(range->offset, {static_cast<std::byte*>(to), range->size}));
}

errcode_t write(io_channel channel, unsigned long long block, int count, void const* from)
{
    auto const range = range_of(channel, block, count);
    if (!range)
        return posix::errno_of(range.error());
    return code_of(
        cache_of(channel).write(range->offset, {static_cast<std::byte const*>(from), range->size}));
}

errcode_t read_32(io_channel channel, unsigned long block, int count, void* to)
{
    return read(channel, block, count, to);
}

errcode_t write_32(io_channel channel, unsigned long block, int count, void const* from)
{
    return write(channel, block, count, from);
}

errcode_t write_bytes(io_channel channel, unsigned long offset, int count, void const* from)
{
    auto const* const bytes = static_cast<std::byte const*>(from);
    return code_of(cache_of(channel).write(offset, {bytes, static_cast<std::size_t>(count)}));
}

errcode_t flush(io_channel channel)
{
    return code_of(cache_of(channel).write_back());
}

errcode_t zero(io_channel channel, unsigned long long block, unsigned long long count)
{
    auto const range = range_of(channel, block, static_cast<int>(count));
    if (!range)
        return posix::errno_of(range.error());
    return code_of(cache_of(channel).zero(range->offset, range->size));
}

struct_io_manager make_manager()
{
    struct_io_manager manager{};
    manager.magic = EXT2_ET_MAGIC_IO_MANAGER;
    manager.name = "lodger";
    manager.open = open;
    manager.close = close;
    manager.set_blksize = set_block_size;
    manager.read_blk = read_32;
    manager.write_blk = write_32;
    manager.read_blk64 = read;
    manager.write_blk64 = write;
    manager.flush = flush;
    manager.write_byte = write_bytes;
    manager.zeroout = zero;
    return manager;
}

} // namespace

io_manager channel_manager()
{
    static struct_io_manager manager = make_manager();
    return &manager;
}

std::string channel_name(BlockCache& cache)
{
    std::array<char, 16> digits;
    auto const address = reinterpret_cast<std::uintptr_t>(&cache);
    char* const end = std::to_chars(digits.begin(), digits.end(), address, 16).ptr;
    return {digits.data(), end};
}

} // namespace lodger::ext4

extern "C" {

/// In the library's mkjournal.c, which makes file systems; wanted where a block is set to zeros.
errcode_t ext2fs_zero_blocks2(
    ext2_filsys system, blk64_t block, int count, blk64_t* failed, int* failed_count)
{
    if (!system || count <= 0)
        return 0;
    errcode_t const error =
        io_channel_zeroout(system->io, block, static_cast<unsigned long long>(count));
    if (error && failed)
        *failed = block;
    if (error && failed_count)
        *failed_count = count;
    return error;
}

/// Names without a difference of case are refused before the library would look for their rules.
const struct ext2fs_nls_table* ext2fs_load_nls_table(int)
{
    return nullptr;
}
}
