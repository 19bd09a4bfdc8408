#include "support/forgetful_medium.hpp"
#include "support/sqlite_connection.hpp"
#include <lodger/examples/sqlite/database_disk.hpp>

#include <iostream>

// The power goes at any step of a load of transactions, and what the disk had not made durable is
// lost or not. What SQLite had committed is there afterwards, and nothing else.

using namespace lodger;
using namespace lodger::test;

namespace {

using Random = std::mt19937_64;
/// The table's rows: a key, and what its blob is made of.
using Rows = std::map<int, int>;

constexpr int keys = 60;

std::string blob_of(int value)
{
    return std::string(static_cast<std::size_t>(value % 3000), static_cast<char>('a' + value % 26));
}

/// How SQLite is asked to work, as the seed has it.
struct Setting {
    explicit Setting(Random& random)
        : sector{random() % 3 ? std::size_t{512} : std::size_t{4096}},
          pragmas{"PRAGMA page_size=" + std::to_string(512 << random() % 4) + ";"}
    {
        static constexpr char const* modes[] = {"DELETE", "DELETE", "TRUNCATE", "PERSIST"};
        again = "PRAGMA cache_size=10; PRAGMA temp_store=MEMORY; PRAGMA synchronous=FULL;"
                "PRAGMA locking_mode=";
        again += random() % 4 ? "NORMAL" : "EXCLUSIVE";
        again += std::string{"; PRAGMA journal_mode="} + modes[random() % 4];
    }

    std::size_t sector;
    std::string pragmas; ///< for a new database
    std::string again;   ///< for each connection
};

/// One transaction of several changes, some of them so large that pages are written before it ends.
bool run_transaction(Connection& connection, Random& random, Rows& rows)
{
    bool good = connection.run("BEGIN") == SQLITE_OK;
    for (auto left = random() % 3 ? random() % 4 + 1 : random() % 60; good && left > 0; --left) {
        int const key = static_cast<int>(random() % keys);
        int const value = static_cast<int>(random() % 100000);
        if (random() % 4 == 0) {
            good = connection.run("DELETE FROM t WHERE k=" + std::to_string(key)) == SQLITE_OK;
            rows.erase(key);
        } else {
            good = connection.run(
                       "REPLACE INTO t VALUES(" + std::to_string(key) + "," +
                       std::to_string(value) + ",'" + blob_of(value) + "')") == SQLITE_OK;
            rows[key] = value;
        }
    }
    return good;
}

/// What is in the table, or nothing if that is not well.
std::optional<Rows> read_rows(Connection& connection)
{
    if (connection.ask("PRAGMA integrity_check") != "ok")
        return std::nullopt;
    if (connection.ask("SELECT count(*) FROM sqlite_schema WHERE type='table'") == "0")
        return Rows{};
    Rows rows;
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection.handle(), "SELECT k, v, b FROM t", -1, &statement, nullptr);
    bool good = true;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int const value = sqlite3_column_int(statement, 1);
        auto const* const blob = reinterpret_cast<char const*>(sqlite3_column_text(statement, 2));
        good = good && blob_of(value) == blob;
        rows[sqlite3_column_int(statement, 0)] = value;
    }
    good = sqlite3_finalize(statement) == SQLITE_OK && good;
    return good ? std::optional{rows} : std::nullopt;
}

/// A database over several lives: each ends when the power goes.
class Lives {
public:
    explicit Lives(std::uint64_t seed, bool flush_does_nothing = false)
        : random_{seed},
          setting_{random_},
          medium_{512 << 10, setting_.sector}
    {
        medium_.flush_does_nothing = flush_does_nothing;
    }

    /// @return whether what is found is what was committed
    bool live(std::size_t steps, int transactions)
    {
        medium_.switch_off_at(steps);
        bool good = true;
        {
            OpenDatabase database{medium_};
            if (database.connection)
                good = use(*database.connection, transactions);
            else
                good = medium_.is_off();
        }
        medium_.lose_power(random_);
        return good;
    }

    std::size_t steps() const { return medium_.steps; }
    std::size_t commits = 0;

private:
    bool use(Connection& connection, int transactions)
    {
        connection.run(setting_.pragmas + setting_.again);
        auto const found = read_rows(connection);
        if (!found)
            return medium_.is_off();
        if (*found != committed_ && (!is_open_ || *found != maybe_))
            return medium_.is_off();
        committed_ = *found;
        is_open_ = false;
        for (int i = 0; i < transactions && !medium_.is_off(); ++i)
            if (!change(connection))
                return medium_.is_off();
        return true;
    }

    bool change(Connection& connection)
    {
        // Until it is known how it ends, either may be what the disk holds.
        maybe_ = committed_;
        is_open_ = true;
        if (connection.run("CREATE TABLE IF NOT EXISTS t(k INTEGER PRIMARY KEY, v, b)") !=
            SQLITE_OK)
            return false;
        if (random_() % 12 == 0 && connection.run("VACUUM") != SQLITE_OK)
            return false;
        if (!run_transaction(connection, random_, maybe_))
            return false;
        bool const throws_away = random_() % 6 == 0;
        if (throws_away)
            maybe_ = committed_;
        if (connection.run(throws_away ? "ROLLBACK" : "COMMIT") != SQLITE_OK)
            return false;
        committed_ = maybe_;
        is_open_ = false;
        ++commits;
        auto const seen = read_rows(connection);
        return seen ? *seen == committed_ : medium_.is_off();
    }

    Random random_;
    Setting setting_;
    ForgetfulMedium medium_;
    Rows committed_;
    Rows maybe_; ///< what a transaction would have made of it that had not ended
    bool is_open_ = false;
};

/// Lets the power go so often; the last life is whole.
bool survives(std::uint64_t seed, bool flush_does_nothing, std::size_t& commits)
{
    Random random{~seed};
    Lives lives{seed, flush_does_nothing};
    bool good = true;
    for (int life = 0; good && life < 6; ++life) {
        // A short one ends while the journal of the one before is rolled back.
        std::size_t const most = random() % 3 ? 2000 : 30;
        good = lives.live(random() % most, 8);
    }
    good = good && lives.live(~std::size_t{0} / 2, 2);
    commits += lives.commits;
    return good;
}

std::size_t seeds()
{
    char const* const percent = std::getenv("SEEDS");
    return 200 * (percent ? static_cast<std::size_t>(std::atoi(percent)) : 100) / 100;
}

} // namespace

TEST_CASE("what was committed outlives a loss of power at any step, and nothing else does")
{
    std::size_t commits = 0;
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        INFO("seed " << seed);
        REQUIRE(survives(seed, false, commits));
    }
    std::cout << "commits: " << commits << '\n';
    REQUIRE(commits > 5 * seeds());
}

TEST_CASE("a loss is seen where flushing does nothing")
{
    std::size_t lost = 0;
    std::size_t commits = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed)
        lost += !survives(seed, true, commits);
    REQUIRE(lost > 20);
}
