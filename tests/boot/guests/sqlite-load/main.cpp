/// Commits transactions without end, and says so of each when SQLite has: the host ends the guest
/// in the middle of it. First it says what it finds of the guests before it. A transaction is a row
/// of `log` and some of `t`, which say the same number; every sixth is larger than SQLite's cache,
/// and every ninth takes something back before it ends.

#include <lodger/examples/sqlite/database.hpp>

#include <cstdio>
#include <string>

namespace {

/// Runs statements; has said why if that fails.
bool run(sqlite3* handle, std::string const& sql)
{
    if (sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
        return true;
    std::printf("Failed: %s: %s\n", sql.c_str(), sqlite3_errmsg(handle));
    return false;
}

std::string ask(sqlite3* handle, char const* sql)
{
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr);
    std::string answer = sqlite3_step(statement) == SQLITE_ROW
                             ? reinterpret_cast<char const*>(sqlite3_column_text(statement, 0))
                             : sqlite3_errmsg(handle);
    sqlite3_finalize(statement);
    return answer;
}

bool commit(sqlite3* handle, long number)
{
    std::string const name = std::to_string(number);
    int const rows = number % 6 == 0 ? 120 : 4;
    if (!run(handle, "BEGIN"))
        return false;
    for (int i = 0; i < rows; ++i)
        if (!run(
                handle, "REPLACE INTO t VALUES(abs(random()) % 400," + name +
                            ", randomblob(abs(random()) % 1500))"))
            return false;
    if (!run(handle, "INSERT INTO log SELECT " + name + ", count(*) FROM t WHERE n=" + name))
        return false;
    if (number % 9 == 0 && !(run(handle, "SAVEPOINT s; DELETE FROM t; ROLLBACK TO s")))
        return false;
    return run(handle, "COMMIT");
}

} // namespace

int main(int argc, char** argv)
{
    auto const database = examples::Database::open("xvda", 128);
    sqlite3* const handle = database ? database->handle() : nullptr;
    if (!handle)
        return 1;
    std::printf("integrity: %s\n", ask(handle, "PRAGMA integrity_check").c_str());
    if (!run(
            handle,
            "PRAGMA cache_size=20; CREATE TABLE IF NOT EXISTS log(n INTEGER PRIMARY KEY, rows);"
            "CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, n, b)"))
        return 1;
    // Of a whole transaction there are as many rows as it says, or fewer where later ones have
    // written over them.
    std::printf(
        "torn: %s\n",
        ask(handle, "WITH seen AS (SELECT log.n, rows, (SELECT count(*) FROM t WHERE t.n = log.n) "
                    "AS rest FROM log) SELECT count(*) FROM seen WHERE rows < rest OR "
                    "rows > rest AND n = (SELECT max(n) FROM log)")
            .c_str());
    std::printf(
        "strangers: %s\n",
        ask(handle, "SELECT count(*) FROM t WHERE n NOT IN (SELECT n FROM log)").c_str());
    std::printf("gaps: %s\n", ask(handle, "SELECT coalesce(max(n),0) - count(*) FROM log").c_str());
    long number = std::stol(ask(handle, "SELECT coalesce(max(n),0) FROM log"));
    std::printf("found: %ld\n", number);
    std::fflush(stdout);
    long const end = argc > 1 ? number + std::stol(argv[1]) : ~0ul >> 1;
    while (number < end) {
        if (!commit(handle, ++number))
            return 1;
        std::printf("committed: %ld\n", number);
        std::fflush(stdout);
    }
    std::printf("Test result: SUCCESS\n");
    return 0;
}
