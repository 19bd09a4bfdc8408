#pragma once

#include "database_disk.hpp"

#include <sqlite3.h>
#include <string>

namespace examples {

/// What SQLite has instead of an operating system: the database and the journal of one disk
/// (sqlite.org/vfs.html). It is SQLite's default as long as it lives.
///
/// One connection at a time has the database, and there are no other processes, so there are no
/// locks. Temporary files are refused: SQLite is compiled, or told, to keep them in memory.
class Vfs {
public:
    /// @param name of the database; its journal's has "-journal" behind it
    Vfs(std::string name, DatabaseDisk& disk, std::uint64_t random_seed);
    Vfs(Vfs const&) = delete;
    Vfs& operator=(Vfs const&) = delete;
    ~Vfs();

private:
    struct File;
    struct Calls;

    std::string const name_;
    std::string const journal_name_;
    DatabaseDisk& disk_;
    std::uint64_t random_;
    bool is_open_ = false;
    sqlite3_vfs vfs_;
};

} // namespace examples
