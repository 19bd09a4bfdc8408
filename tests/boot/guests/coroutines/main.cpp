/// Inverts every bit of a disk, by coroutines in one thread that have a block each under way.
#include <lodger/blkfront/awaited.hpp>
#include <lodger/blkfront/transfer.hpp>
#include <lodger/runtime/services.hpp>

#include <cstdio>
#include <vector>

using namespace lodger;
using namespace std::chrono_literals;
using runtime::guest;

namespace {

constexpr std::size_t block = 64 * 1024;
constexpr std::size_t workers = 8;

Task<> invert(BlockDevice& disk, std::uint64_t first, blkfront::Piece room)
{
    for (std::uint64_t at = first; at < disk.disk()->size; at += workers * block) {
        auto const data = room.first(std::min<std::uint64_t>(block, disk.disk()->size - at));
        if (auto const read = co_await async_read(disk, at, data); !read)
            co_return read;
        for (std::byte& byte : data)
            byte = ~byte;
        if (auto const written = co_await async_write(disk, at, data); !written)
            co_return written;
    }
    co_return {};
}

Result<> invert_all(BlockDevice& disk)
{
    auto const buffer = LODGER_TRY(BlockBuffer::allocate(disk.pool(), workers * block));
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < workers; ++i)
        tasks.push_back(invert(disk, i * block, buffer.bytes().subspan(i * block, block)));
    Deadline const deadline = after(guest(), 60s);
    for (Task<> const& task : tasks) {
        LODGER_TRY(blkfront::run(disk, deadline, task));
        LODGER_TRY(task.outcome());
    }
    LODGER_TRY(blkfront::flush(disk, deadline));
    return {};
}

Result<> run()
{
    BlockDevice disk{*LODGER_TRY(runtime::xenstore()), runtime::grants()};
    LODGER_TRY(disk.open("xvda"));
    LODGER_TRY(invert_all(disk));
    return disk.close(after(guest(), BlockDevice::close_patience));
}

} // namespace

int main()
{
    auto const done = run();
    if (!done)
        std::printf("%s\n", describe(done.error()).data());
    std::printf("Test result: %s\n", done ? "SUCCESS" : "FAILURE");
    return done ? 0 : 1;
}
