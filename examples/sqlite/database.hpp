#pragma once

#include "block_medium.hpp"
#include "vfs.hpp"
#include <lodger/runtime/services.hpp>

#include <memory>
#include <optional>

namespace examples {

/// A disk with a database on it, open: all that is between SQLite and the block device.
class Database {
public:
    /// Says on the console why a disk is not used, and what there is to know of one that is.
    /// @param disk such as `xvda`, which is also the database's name
    /// @param cache_pages of memory for the disk's contents; 0: a quarter of what is free
    /// @return null if it is not open
    static std::unique_ptr<Database> open(std::string const& disk, std::size_t cache_pages);

    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;
    ~Database();

    /// SQLite's own handle; the first call makes it. Null if SQLite refuses, and has said why.
    sqlite3* handle();
    DatabaseDisk const& disk() const { return *disk_; }

private:
    Database(lodger::Store& store, std::string const& name)
        : name_{name},
          device_{store, lodger::runtime::grants()}
    {
    }

    bool open_device(lodger::Store& store, std::size_t cache_pages);
    bool open_disk();
    void tell() const;

    std::string const name_;
    lodger::BlockDevice device_;
    std::optional<BlockMedium<lodger::Guest>> medium_;
    std::unique_ptr<DatabaseDisk> disk_;
    std::optional<Vfs> vfs_;
    sqlite3* handle_ = nullptr;
};

} // namespace examples
