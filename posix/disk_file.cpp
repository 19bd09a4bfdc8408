#include <lodger/posix/disk_file.hpp>
#include <lodger/posix/process.hpp>

#include <linux/fs.h>
#include <memory>
#include <new>

namespace lodger::posix {
namespace {

constinit OpenDisk* disks = nullptr;

/// One disk is opened or closed at a time: both wait for the backend.
Turns<Guest>& opening()
{
    static Turns<Guest> turns{guest()};
    return turns;
}

OpenDisk** find(std::uint32_t number)
{
    OpenDisk** link = &disks;
    while (*link && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

/// As at the end of any process; what is still in flight then has its half of the time. Each is in
/// use for good, or a thread that closes its last descriptor meanwhile would delete it.
void close_all()
{
    for (OpenDisk* disk = disks; disk; disk = disk->next) {
        ++disk->users;
        static_cast<void>(disk->device.close(after(guest(), BlockDevice::close_patience)));
    }
}

Result<OpenDisk*> connect(std::uint32_t number)
{
    Store* const store = LODGER_TRY(runtime::xenstore());
    std::unique_ptr<OpenDisk> disk{new (std::nothrow) OpenDisk{*store, number}};
    if (!disk)
        return Failure{Errc::no_memory};
    LODGER_TRY(disk->device.open(blkfront::name_of(number)));
    close_disks = close_all;
    disk->next = disks;
    disks = disk.get();
    return disk.release();
}

/// The disk, connected if it was not.
Result<OpenDisk*> use(std::uint32_t number)
{
    OpenDisk* disk = *find(number);
    if (!disk)
        disk = LODGER_TRY(connect(number));
    ++disk->users;
    return disk;
}

void give_back(OpenDisk& disk)
{
    if (--disk.users > 0)
        return;
    *find(disk.number) = disk.next;
    delete &disk;
}

Result<File*> open_alone(std::uint32_t number, int how, auto make)
{
    OpenDisk* const disk = LODGER_TRY(use(number));
    bool const writes = (how & O_ACCMODE) != O_RDONLY;
    Result<File*> file = Failure{Errc::read_only};
    if (!writes || !disk->device.disk()->is_read_only)
        file = make(*disk);
    if (!file)
        give_back(*disk);
    return file;
}

} // namespace

Result<File*> DiskFile::open(std::uint32_t number, int how)
{
    LODGER_TRY(opening().begin_alone(Deadline::never()));
    auto const file = open_alone(number, how, [&](OpenDisk& disk) -> Result<File*> {
        File* const made = new (std::nothrow) DiskFile{disk, how};
        return made ? Result<File*>{made} : Failure{Errc::no_memory};
    });
    opening().end_alone();
    return file;
}

void DiskFile::unused()
{
    // Cannot fail but within an event handler, where closing a disk cannot wait either.
    bool const alone = opening().begin_alone(Deadline::never()).has_value();
    give_back(disk_);
    if (alone)
        opening().end_alone();
    delete this;
}

Result<> DiskFile::check_direct(std::uint64_t at, std::size_t size) const
{
    if (flags & O_DIRECT && (at | size) & (info().sector_size - 1))
        return Failure{Errc::misaligned};
    return {};
}

Result<std::size_t> DiskFile::read(std::uint64_t at, std::span<std::byte> to)
{
    LODGER_TRY(check_direct(at, to.size()));
    if (at >= info().size)
        return std::size_t{0};
    std::size_t const count = std::min<std::uint64_t>(to.size(), info().size - at);
    LODGER_TRY(read_any(disk_.device, at, to.first(count), Deadline::never()));
    return count;
}

Result<std::size_t> DiskFile::write(std::uint64_t at, std::span<std::byte const> from)
{
    LODGER_TRY(check_direct(at, from.size()));
    if (from.empty())
        return std::size_t{0};
    if (at >= info().size)
        return Failure{Errc::no_space};
    std::size_t const count = std::min<std::uint64_t>(from.size(), info().size - at);
    LODGER_TRY(write_any(disk_.device, disk_.turns, at, from.first(count), Deadline::never()));
    if (flags & O_SYNC)
        LODGER_TRY(sync());
    return count;
}

Result<> DiskFile::sync()
{
    if (info().is_read_only)
        return {};
    auto const durability = LODGER_TRY(blkfront::flush(disk_.device, Deadline::never()));
    if (durability == blkfront::Durability::not_known)
        return Failure{Errc::unsupported};
    return {};
}

Result<> DiskFile::control(unsigned long request, void* argument)
{
    auto const give = [argument]<class T>(T value) {
        *static_cast<T*>(argument) = value;
        return Result<>{};
    };
    switch (request) {
    case BLKROGET: return give(static_cast<int>(info().is_read_only));
    case BLKGETSIZE: return give(static_cast<unsigned long>(info().size / 512));
    case BLKGETSIZE64: return give(info().size);
    case BLKSSZGET: return give(static_cast<int>(info().sector_size));
    case BLKPBSZGET: return give(info().physical_sector_size);
    case BLKFLSBUF: return sync();
    case BLKDISCARD: {
        auto const* const range = static_cast<std::uint64_t const*>(argument);
        return blkfront::discard(disk_.device, range[0], range[1], Deadline::never());
    }
    default: return Failure{Errc::unsupported};
    }
}

Result<> DiskFile::describe(struct stat& status) const
{
    status.st_mode = S_IFBLK | (info().is_read_only ? 0400 : 0600);
    status.st_rdev = static_cast<dev_t>(disk_.number);
    status.st_blksize = page_size;
    return {};
}

} // namespace lodger::posix
