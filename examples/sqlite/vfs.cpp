#include "vfs.hpp"

#include <chrono>
#include <cstring>
#include <new>
#include <string_view>
#include <thread>

namespace examples {

using lodger::Errc;
using lodger::Result;

namespace {

/// SQLite's word for a failure.
/// @param otherwise where SQLite knows nothing more of it than which operation it was
int code_of(Result<> const& done, int otherwise)
{
    if (done)
        return SQLITE_OK;
    if (done.error() == Errc::no_space)
        return SQLITE_FULL;
    if (done.error() == Errc::no_memory)
        return SQLITE_IOERR_NOMEM;
    if (done.error() == Errc::read_only)
        return SQLITE_READONLY;
    return otherwise;
}

/// SplitMix64, of Steele, Lea and Flood.
std::uint64_t next_random(std::uint64_t& state)
{
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

std::span<std::byte> bytes_of(void* bytes, int count)
{
    return {static_cast<std::byte*>(bytes), static_cast<std::size_t>(count)};
}

} // namespace

/// What SQLite holds while a file is open; it gives the memory for it.
struct Vfs::File {
    sqlite3_file base;
    Vfs* vfs;
    bool is_journal;

    DatabaseDisk& disk() const { return vfs->disk_; }
    static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
};

/// SQLite's calls, in the order of its structures.
struct Vfs::Calls {
    static Vfs& self(sqlite3_vfs* vfs) { return *static_cast<Vfs*>(vfs->pAppData); }

    // Of a file.

    static int close(sqlite3_file* base)
    {
        File& file = File::of(base);
        if (file.is_journal)
            return SQLITE_OK;
        file.vfs->is_open_ = false;
        if (file.disk().is_read_only())
            return SQLITE_OK;
        return code_of(file.disk().sync(), SQLITE_IOERR_CLOSE);
    }

    static int read(sqlite3_file* base, void* to, int count, sqlite3_int64 offset)
    {
        File& file = File::of(base);
        auto const at = static_cast<std::uint64_t>(offset);
        auto const bytes = bytes_of(to, count);
        auto const got = file.is_journal ? file.disk().read_journal(at, bytes)
                                         : file.disk().read_main(at, bytes);
        if (!got)
            return code_of(lodger::Failure{got.error()}, SQLITE_IOERR_READ);
        if (*got == bytes.size())
            return SQLITE_OK;
        // As SQLite wants it, or databases are damaged.
        std::memset(&bytes[*got], 0, bytes.size() - *got);
        return SQLITE_IOERR_SHORT_READ;
    }

    static int write(sqlite3_file* base, void const* from, int count, sqlite3_int64 offset)
    {
        File& file = File::of(base);
        auto const at = static_cast<std::uint64_t>(offset);
        std::span const bytes{static_cast<std::byte const*>(from), static_cast<std::size_t>(count)};
        return code_of(
            file.is_journal ? file.disk().write_journal(at, bytes)
                            : file.disk().write_main(at, bytes),
            SQLITE_IOERR_WRITE);
    }

    static int truncate(sqlite3_file* base, sqlite3_int64 size)
    {
        File& file = File::of(base);
        auto const to = static_cast<std::uint64_t>(size);
        return code_of(
            file.is_journal ? file.disk().truncate_journal(to) : file.disk().truncate_main(to),
            SQLITE_IOERR_TRUNCATE);
    }

    static int sync(sqlite3_file* base, int)
    {
        File& file = File::of(base);
        return code_of(
            file.is_journal ? file.disk().sync_journal() : file.disk().sync(), SQLITE_IOERR_FSYNC);
    }

    static int size(sqlite3_file* base, sqlite3_int64* size)
    {
        File& file = File::of(base);
        *size = static_cast<sqlite3_int64>(
            file.is_journal ? file.disk().journal_length() : file.disk().main_size());
        return SQLITE_OK;
    }

    static int lock(sqlite3_file*, int) { return SQLITE_OK; }
    static int unlock(sqlite3_file*, int) { return SQLITE_OK; }
    static int check_reserved_lock(sqlite3_file*, int* is_locked)
    {
        *is_locked = 0;
        return SQLITE_OK;
    }

    static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }

    static int sector_size(sqlite3_file* base)
    {
        return static_cast<int>(File::of(base).disk().physical_sector());
    }

    /// A disk promises nothing of the sort. What is appended to a journal is part of it only once
    /// it is durable, and that is DatabaseDisk's doing.
    static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_SAFE_APPEND; }

    // Of the system.

    static int open(sqlite3_vfs* vfs, char const* name, sqlite3_file* base, int flags, int* got)
    {
        Vfs& self = Calls::self(vfs);
        base->pMethods = nullptr;
        bool const is_journal = flags & SQLITE_OPEN_MAIN_JOURNAL;
        if (!name || !(is_journal || flags & SQLITE_OPEN_MAIN_DB))
            return SQLITE_CANTOPEN;
        if (name != (is_journal ? self.journal_name_ : self.name_))
            return SQLITE_CANTOPEN;
        if (int const code = is_journal ? open_journal(self, flags) : open_main(self))
            return code;
        if (got)
            *got =
                self.disk_.is_read_only()
                    ? (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY
                    : flags;
        new (base) File{{&methods}, &self, is_journal};
        return SQLITE_OK;
    }

    static int open_main(Vfs& self)
    {
        return std::exchange(self.is_open_, true) ? SQLITE_BUSY : SQLITE_OK;
    }

    static int open_journal(Vfs& self, int flags)
    {
        if (self.disk_.has_journal())
            return SQLITE_OK;
        if (!(flags & SQLITE_OPEN_CREATE) || self.disk_.is_read_only())
            return SQLITE_CANTOPEN;
        return code_of(self.disk_.create_journal(), SQLITE_CANTOPEN);
    }

    /// SQLite itself removes nothing but journals; speedtest1 begins by removing the database.
    static int remove(sqlite3_vfs* vfs, char const* name, int)
    {
        Vfs& self = Calls::self(vfs);
        if (name == self.name_ && !self.is_open_) {
            Result<> done = self.disk_.truncate_main(0);
            if (done)
                done = self.disk_.sync();
            return code_of(done, SQLITE_IOERR_DELETE);
        }
        if (name != self.journal_name_ || !self.disk_.has_journal())
            return SQLITE_IOERR_DELETE_NOENT;
        return code_of(self.disk_.remove_journal(), SQLITE_IOERR_DELETE);
    }

    static int access(sqlite3_vfs* vfs, char const* name, int how, int* result)
    {
        Vfs& self = Calls::self(vfs);
        bool const is_there =
            name == self.name_ || (name == self.journal_name_ && self.disk_.has_journal());
        bool const writes = how == SQLITE_ACCESS_READWRITE;
        *result = is_there && !(writes && self.disk_.is_read_only());
        return SQLITE_OK;
    }

    static int full_name(sqlite3_vfs*, char const* name, int room, char* full)
    {
        if (std::strlen(name) >= static_cast<std::size_t>(room))
            return SQLITE_CANTOPEN;
        std::strcpy(full, name);
        return SQLITE_OK;
    }

    static int randomness(sqlite3_vfs* vfs, int count, char* to)
    {
        for (char& byte : std::span{to, static_cast<std::size_t>(count)})
            byte = static_cast<char>(next_random(self(vfs).random_));
        return count;
    }

    static int sleep(sqlite3_vfs*, int microseconds)
    {
        std::this_thread::sleep_for(std::chrono::microseconds{microseconds});
        return microseconds;
    }

    /// Milliseconds since noon of 24 November 4714 before Christ, at which Julian days begin.
    static int time_in_milliseconds(sqlite3_vfs*, sqlite3_int64* time)
    {
        constexpr sqlite3_int64 of_1970 = 210866760000000;
        auto const since_1970 = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now().time_since_epoch());
        *time = of_1970 + since_1970.count();
        return SQLITE_OK;
    }

    static int time_in_days(sqlite3_vfs* vfs, double* days)
    {
        sqlite3_int64 milliseconds = 0;
        time_in_milliseconds(vfs, &milliseconds);
        *days = static_cast<double>(milliseconds) / 86'400'000;
        return SQLITE_OK;
    }

    static int last_error(sqlite3_vfs*, int, char*) { return 0; }

    static constexpr sqlite3_io_methods methods = {
        .iVersion = 1,
        .xClose = close,
        .xRead = read,
        .xWrite = write,
        .xTruncate = truncate,
        .xSync = sync,
        .xFileSize = size,
        .xLock = lock,
        .xUnlock = unlock,
        .xCheckReservedLock = check_reserved_lock,
        .xFileControl = control,
        .xSectorSize = sector_size,
        .xDeviceCharacteristics = characteristics,
        .xShmMap = nullptr,
        .xShmLock = nullptr,
        .xShmBarrier = nullptr,
        .xShmUnmap = nullptr,
        .xFetch = nullptr,
        .xUnfetch = nullptr,
    };
};

Vfs::Vfs(std::string name, DatabaseDisk& disk, std::uint64_t random_seed)
    : name_{std::move(name)},
      journal_name_{name_ + "-journal"},
      disk_{disk},
      random_{random_seed},
      vfs_{}
{
    vfs_.iVersion = 2;
    vfs_.szOsFile = sizeof(File);
    vfs_.mxPathname = 64;
    vfs_.zName = "lodger";
    vfs_.pAppData = this;
    vfs_.xOpen = Calls::open;
    vfs_.xDelete = Calls::remove;
    vfs_.xAccess = Calls::access;
    vfs_.xFullPathname = Calls::full_name;
    vfs_.xRandomness = Calls::randomness;
    vfs_.xSleep = Calls::sleep;
    vfs_.xCurrentTime = Calls::time_in_days;
    vfs_.xGetLastError = Calls::last_error;
    vfs_.xCurrentTimeInt64 = Calls::time_in_milliseconds;
    sqlite3_vfs_register(&vfs_, 1);
}

Vfs::~Vfs()
{
    sqlite3_vfs_unregister(&vfs_);
}

} // namespace examples
