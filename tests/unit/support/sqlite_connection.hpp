#pragma once

#include <lodger/examples/sqlite/vfs.hpp>

#include <catch2/catch.hpp>
#include <optional>
#include <string>

namespace lodger::test {

/// SQLite's handle, closed when this ends.
class Connection {
public:
    explicit Connection(char const* name) : code_{sqlite3_open(name, &handle_)} {}
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;
    ~Connection() { sqlite3_close(handle_); }

    sqlite3* handle() const { return handle_; }

    /// @return SQLite's code
    int run(std::string const& sql)
    {
        if (code_ != SQLITE_OK)
            return code_;
        return sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    }

    /// The first column of the first row, or what went wrong.
    std::string ask(std::string const& sql)
    {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr);
        std::string answer = sqlite3_step(statement) == SQLITE_ROW
                                 ? reinterpret_cast<char const*>(sqlite3_column_text(statement, 0))
                                 : sqlite3_errmsg(handle_);
        sqlite3_finalize(statement);
        return answer;
    }

private:
    sqlite3* handle_ = nullptr;
    int code_;
};

/// A database on a medium, from the disk's opening up to SQLite's handle.
class OpenDatabase {
public:
    explicit OpenDatabase(examples::Medium& medium)
    {
        auto opened = examples::DatabaseDisk::open(medium);
        if (!opened)
            return;
        if (auto const* const refused = std::get_if<examples::Refusal>(&*opened)) {
            refusal = refused->why;
            return;
        }
        disk = std::move(std::get<0>(*opened));
        vfs_.emplace("xvda", *disk, 1);
        connection.emplace("xvda");
    }

    std::string refusal;
    std::unique_ptr<examples::DatabaseDisk> disk;

private:
    std::optional<examples::Vfs> vfs_;

public:
    std::optional<Connection> connection; ///< none if the disk is not used
};

} // namespace lodger::test
