#include "database.hpp"

#include "../support/open_disk.hpp"

#include <cinttypes>
#include <cstdio>

/// SQLite's beginning and end on a system of its own (-DSQLITE_OS_OTHER=1): all that it needs comes
/// with a disk.
extern "C" int sqlite3_os_init()
{
    return SQLITE_OK;
}
extern "C" int sqlite3_os_end()
{
    return SQLITE_OK;
}

namespace examples {

using namespace lodger;

namespace {

/// Of what SQLite logs, that which its callers are not told: that a journal was rolled back, or
/// what exactly has failed on the disk.
void print_log(void*, int code, char const* message)
{
    int const kind = code & 0xff;
    if (kind == SQLITE_NOTICE || kind == SQLITE_WARNING || kind == SQLITE_IOERR)
        std::printf("sqlite: %s (%s)\n", message, sqlite3_errstr(code));
}

std::uint64_t random_seed()
{
    auto const time = std::chrono::system_clock::now().time_since_epoch().count();
    return static_cast<std::uint64_t>(time) ^ __builtin_ia32_rdtsc() << 20;
}

/// A quarter of the memory that is free, within what makes sense: fewer pages than a few requests
/// take would be no cache.
std::size_t usual_cache_pages()
{
    constexpr std::size_t least = 64;
    constexpr std::size_t most = 16384;
    return std::clamp(guest().pages().free_pages() / 4, least, most);
}

} // namespace

std::unique_ptr<Database> Database::open(std::string const& disk, std::size_t cache_pages)
{
    sqlite3_config(SQLITE_CONFIG_LOG, &print_log, nullptr);
    auto const store = runtime::xenstore();
    if (!store) {
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(store.error())));
        return nullptr;
    }
    std::unique_ptr<Database> database{new Database{**store, disk}};
    if (!database->open_device(**store, cache_pages ? cache_pages : usual_cache_pages()) ||
        !database->open_disk())
        return nullptr;
    database->tell();
    database->vfs_.emplace(disk, *database->disk_, random_seed());
    return database;
}

Database::~Database()
{
    if (int const closed = sqlite3_close(handle_); closed != SQLITE_OK)
        std::printf("%s: %s\n", name_.c_str(), sqlite3_errstr(closed));
}

sqlite3* Database::handle()
{
    if (handle_)
        return handle_;
    int const opened = sqlite3_open(name_.c_str(), &handle_);
    if (opened == SQLITE_OK)
        return handle_;
    std::printf("%s: %s\n", name_.c_str(), sqlite3_errmsg(handle_));
    sqlite3_close(std::exchange(handle_, nullptr));
    return nullptr;
}

bool Database::open_device(Store& store, std::size_t cache_pages)
{
    blkfront::Options options;
    options.pool_pages = cache_pages;
    auto const opened = device_.open(name_, options, after(guest(), BlockDevice::connect_patience));
    if (!opened)
        explain(store, device_, name_.c_str(), opened.error());
    return opened.has_value();
}

bool Database::open_disk()
{
    auto medium = BlockMedium<Guest>::create(device_);
    if (!medium) {
        std::printf("%s: %.*s\n", name_.c_str(), EXAMPLES_TEXT(describe(medium.error())));
        return false;
    }
    medium_.emplace(std::move(*medium));
    auto opened = DatabaseDisk::open(*medium_);
    if (!opened) {
        std::printf("%s: %.*s\n", name_.c_str(), EXAMPLES_TEXT(describe(opened.error())));
        return false;
    }
    if (auto const* const refusal = std::get_if<Refusal>(&*opened)) {
        std::printf("%s is not used: %s.\n", name_.c_str(), refusal->why);
        return false;
    }
    disk_ = std::move(std::get<std::unique_ptr<DatabaseDisk>>(*opened));
    return true;
}

void Database::tell() const
{
    char const* const name = name_.c_str();
    if (disk_->is_read_only())
        std::printf("%s can only be read.\n", name);
    else if (!disk_->can_flush())
        std::printf(
            "Warning: %s has no flush, so nobody can say when a transaction is durable: it "
            "outlives this guest, but maybe not its backend.\n",
            name);
    if (!disk_->is_read_only() && disk_->was_new())
        std::printf(
            "%s has no journal yet: the first write makes one of its last %" PRIu64 " KiB.\n", name,
            disk_->journal_room() >> 10);
    if (disk_->has_damaged_slot())
        std::printf(
            "Warning: one of the two places of %s where it says what its journal is was damaged; "
            "the other one counts.\n",
            name);
}

} // namespace examples
