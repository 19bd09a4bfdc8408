#pragma once

#include "database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace examples {

/// SQL and commands with a dot, a line after the other, and what comes of them on the console, as
/// by SQLite's own program `sqlite3`.
class Shell {
public:
    explicit Shell(Database& database) : database_{database} {}

    /// One more line. A statement may have many.
    /// @return whether what it ended, if anything, has worked
    bool take_line(std::string_view line);
    /// All lines of a text, up to the first that fails.
    /// @return whether all worked and the last statement was complete
    bool take_script(std::string_view text);
    /// Forgets the lines of a statement that is not complete.
    void call_off() { statement_.clear(); }

    bool is_within_statement() const { return !statement_.empty(); }
    bool has_ended() const { return ended_; }

    /// What could stand for the last word of a line.
    std::vector<std::string> complete(std::string_view line) const;

private:
    struct Command {
        std::string_view usage;
        std::string_view help;
        bool (Shell::*run)(std::string const& argument);
    };
    static Command const commands[];

    bool run_command(std::string_view line);
    bool run_sql(std::string const& sql);
    bool run_statement(sqlite3_stmt* statement);
    void print_names(sqlite3_stmt* statement) const;
    bool report() const;
    std::vector<std::string> names() const;

    bool help(std::string const& argument);
    bool tables(std::string const& argument);
    bool schema(std::string const& argument);
    bool headers(std::string const& argument);
    bool disk(std::string const& argument);
    bool read(std::string const& argument);
    bool quit(std::string const& argument);

    Database& database_;
    std::string statement_;
    bool shows_headers_ = false;
    bool ended_ = false;
};

} // namespace examples
