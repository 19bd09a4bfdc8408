#include "support/forgetful_medium.hpp"
#include "support/sqlite_connection.hpp"
#include <lodger/examples/sqlite/database_disk.hpp>

// What a disk may hold when it is opened as a database, and what SQLite then makes of it.

using namespace lodger;
using namespace lodger::test;

namespace {

using Bytes = ForgetfulMedium::Bytes;

constexpr std::size_t disk_size = 1 << 20;
constexpr std::size_t block = 4096;

/// A database as SQLite makes it in a file.
Bytes made_elsewhere(std::string const& sql)
{
    Connection memory{":memory:"};
    REQUIRE(memory.run(sql) == SQLITE_OK);
    sqlite3_int64 size = 0;
    auto* const bytes =
        reinterpret_cast<std::byte*>(sqlite3_serialize(memory.handle(), "main", &size, 0));
    Bytes const copy(bytes, bytes + size);
    sqlite3_free(bytes);
    return copy;
}

ForgetfulMedium disk_with(Bytes const& start, std::size_t sector = 512)
{
    ForgetfulMedium medium{disk_size, sector};
    std::ranges::copy(start, medium.bytes.begin());
    return medium;
}

/// What SQLite elsewhere answers of a disk, taken for a file.
std::string ask_elsewhere(Bytes bytes, std::string const& sql)
{
    Connection memory{":memory:"};
    auto const size = static_cast<sqlite3_int64>(bytes.size());
    auto* const data = reinterpret_cast<unsigned char*>(bytes.data());
    REQUIRE(sqlite3_deserialize(memory.handle(), "main", data, size, size, 0) == SQLITE_OK);
    return memory.ask(sql);
}

void expect_refusal(ForgetfulMedium& medium, std::string const& words)
{
    Bytes const before = medium.bytes;
    OpenDatabase const database{medium};
    CHECK_THAT(database.refusal, Catch::Contains(words));
    CHECK(medium.writes == 0);
    CHECK(medium.bytes == before);
}

} // namespace

TEST_CASE("a database made elsewhere is changed here, and read elsewhere again")
{
    for (std::size_t const sector : {512, 4096}) {
        auto medium = disk_with(
            made_elsewhere("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'one')"), sector);
        {
            OpenDatabase database{medium};
            REQUIRE(database.connection);
            CHECK(database.connection->ask("SELECT b FROM t") == "one");
            REQUIRE(database.connection->run("INSERT INTO t VALUES(2, 'two')") == SQLITE_OK);
        }
        CHECK(ask_elsewhere(medium.bytes, "SELECT b FROM t WHERE a = 2") == "two");
        CHECK(ask_elsewhere(medium.bytes, "PRAGMA integrity_check") == "ok");
    }
}

TEST_CASE("an empty disk becomes a database that is found again")
{
    ForgetfulMedium medium{disk_size, 512};
    for (int round = 0; round < 3; ++round) {
        OpenDatabase database{medium};
        REQUIRE(database.connection);
        CHECK(database.disk->was_new() == (round == 0));
        REQUIRE(
            database.connection->run("CREATE TABLE IF NOT EXISTS t(a);"
                                     "INSERT INTO t VALUES(zeroblob(5000))") == SQLITE_OK);
        CHECK(database.connection->ask("SELECT count(*) FROM t") == std::to_string(round + 1));
    }
}

TEST_CASE("reading a database writes nothing, and makes no place for a journal")
{
    auto medium = disk_with(made_elsewhere("CREATE TABLE t(a)"));
    OpenDatabase database{medium};
    CHECK(database.connection->ask("SELECT count(*) FROM t") == "0");
    database.connection.reset();
    CHECK(medium.writes == 0);
}

TEST_CASE("a disk that can only be read is read, be it all database, and not written")
{
    ForgetfulMedium medium{0, 512};
    medium.bytes = made_elsewhere("CREATE TABLE t(a); INSERT INTO t VALUES(randomblob(300000))");
    medium.is_read_only = true;
    OpenDatabase database{medium};
    REQUIRE(database.connection);
    CHECK(database.connection->ask("SELECT length(a) FROM t") == "300000");
    CHECK(database.connection->run("DELETE FROM t") == SQLITE_READONLY);
    CHECK(medium.writes == 0);
}

TEST_CASE("a disk that can only be read may be as short and as odd as its database")
{
    for (char const* const size : {"1", "3000", "150000", "200000"}) {
        INFO(size);
        ForgetfulMedium medium{0, 512};
        medium.bytes = made_elsewhere(
            std::string{"PRAGMA page_size=512; CREATE TABLE t(a);"
                        "INSERT INTO t VALUES(randomblob("} +
            size + "))");
        while (medium.bytes.size() % block == 0) // One page more, which is of no use.
            medium.bytes.resize(medium.bytes.size() + 512);
        medium.is_read_only = true;
        OpenDatabase database{medium};
        CHECK(database.refusal == "");
        REQUIRE(database.connection);
        CHECK(database.connection->ask("SELECT length(a) FROM t") == size);
        CHECK(database.connection->ask("PRAGMA integrity_check") == "ok");
        CHECK(database.disk->journal_room() == 0);
    }
}

TEST_CASE("what is no database is refused, and not written over")
{
    for (std::size_t const at : {std::size_t{0}, std::size_t{510}, std::size_t{1080}, 65600ul}) {
        ForgetfulMedium medium{disk_size, 512};
        medium.bytes[at] = std::byte{0x53};
        expect_refusal(medium, "something else than a database");
    }
    ForgetfulMedium backup_of_gpt{disk_size, 512};
    std::memcpy(&backup_of_gpt.bytes[disk_size - block], "EFI PART", 8);
    expect_refusal(backup_of_gpt, "its last 8192 bytes");
    ForgetfulMedium small{128 << 10, 512};
    expect_refusal(small, "too small");
}

TEST_CASE("a database that cannot be used here is refused, and not written over")
{
    Bytes const good = made_elsewhere("CREATE TABLE t(a)");
    auto in_wal_mode = disk_with(good);
    in_wal_mode.bytes[18] = in_wal_mode.bytes[19] = std::byte{2};
    expect_refusal(in_wal_mode, "WAL mode");
    auto of_old_sqlite = disk_with(good);
    of_old_sqlite.bytes[92] = std::byte{9};
    expect_refusal(of_old_sqlite, "how long it is");
    auto with_odd_pages = disk_with(good);
    with_odd_pages.bytes[16] = std::byte{3};
    expect_refusal(with_odd_pages, "damaged");
    auto cut_off = disk_with(good);
    cut_off.bytes[29] = std::byte{1};
    expect_refusal(cut_off, "longer than the room");
    auto full = disk_with(made_elsewhere(
        "CREATE TABLE t(a); INSERT INTO t VALUES(randomblob(1048576 - 8192 - 65536))"));
    expect_refusal(full, "no room for a journal");
}

TEST_CASE("a damaged place for what the journal is counts no more than the other, if that is whole")
{
    ForgetfulMedium medium{disk_size, 512};
    {
        OpenDatabase database{medium};
        REQUIRE(
            database.connection->run("CREATE TABLE t(a); INSERT INTO t VALUES(1)") == SQLITE_OK);
    }
    std::array const slots{disk_size - 2 * block, disk_size - block};
    Bytes const whole = medium.bytes;
    for (std::size_t const slot : slots) {
        medium.bytes[slot + 30] ^= std::byte{1};
        {
            OpenDatabase database{medium};
            REQUIRE(database.connection);
            CHECK(database.disk->has_damaged_slot());
        }
        medium.bytes = whole;
    }
    for (std::size_t const slot : slots)
        medium.bytes[slot + 30] ^= std::byte{1};
    medium.writes = 0;
    expect_refusal(medium, "is damaged");
    // None but the first one of all has zeros beside it, and that says of no journal.
    std::fill_n(&medium.bytes[slots[0]], block, std::byte{});
    OpenDatabase database{medium};
    REQUIRE(database.connection);
    CHECK(database.connection->run("INSERT INTO t VALUES(2)") == SQLITE_OK);
}

TEST_CASE("a database that does not fit is full, and goes on without what did not")
{
    ForgetfulMedium medium{disk_size, 512};
    OpenDatabase database{medium};
    REQUIRE(database.connection->run("CREATE TABLE t(a); INSERT INTO t VALUES(1)") == SQLITE_OK);
    CHECK(database.connection->run("INSERT INTO t VALUES(randomblob(600000))") == SQLITE_FULL);
    CHECK(database.connection->ask("SELECT count(*) FROM t") == "1");
    CHECK(database.connection->ask("PRAGMA integrity_check") == "ok");
    CHECK(database.connection->run("INSERT INTO t VALUES(randomblob(300000))") == SQLITE_OK);
}

TEST_CASE("a second connection, and files other than the database and its journal, are refused")
{
    ForgetfulMedium medium{disk_size, 512};
    OpenDatabase database{medium};
    CHECK(Connection{"xvda"}.run("SELECT 1") == SQLITE_BUSY);
    CHECK(Connection{"another"}.run("SELECT 1") == SQLITE_CANTOPEN);
}
