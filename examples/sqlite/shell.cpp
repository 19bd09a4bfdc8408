#include "shell.hpp"

#include "../support/text.hpp"
#include "script.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace examples {

Shell::Command const Shell::commands[] = {
    {".disk", "what of the disk is in use", &Shell::disk},
    {".exit", "ends the shell", &Shell::quit},
    {".headers on|off", "whether names of columns are shown", &Shell::headers},
    {".help", "this list", &Shell::help},
    {".quit", "ends the shell", &Shell::quit},
    {".read xvdb|ramdisk", "runs the SQL that another disk, or the RAM disk, begins with",
     &Shell::read},
    {".schema [TABLE]", "the statements that made the tables", &Shell::schema},
    {".tables", "the names of tables and views", &Shell::tables},
};

namespace {

std::string_view first_word(std::string_view text)
{
    return text.substr(0, text.find(' '));
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r";
    std::size_t const first = text.find_first_not_of(blanks);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

bool Shell::take_line(std::string_view line)
{
    if (statement_.empty()) {
        if (trimmed(line).empty())
            return true;
        if (trimmed(line).starts_with('.'))
            return run_command(trimmed(line));
    }
    statement_ += line;
    statement_ += '\n';
    if (!sqlite3_complete(statement_.c_str()))
        return true;
    return run_sql(std::exchange(statement_, {}));
}

bool Shell::take_script(std::string_view text)
{
    while (!text.empty() && !ended_) {
        std::size_t const end = std::min(text.find('\n'), text.size());
        if (!take_line(text.substr(0, end)))
            return false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    // The last one may do without its semicolon.
    return statement_.empty() || run_sql(std::exchange(statement_, {}));
}

std::vector<std::string> Shell::complete(std::string_view line) const
{
    if (!line.contains(' ') && line.starts_with('.')) {
        std::vector<std::string> words;
        for (Command const& command : commands)
            words.emplace_back(first_word(command.usage));
        return words;
    }
    return names();
}

bool Shell::run_command(std::string_view line)
{
    auto const named = [](Command const& command) { return first_word(command.usage); };
    auto const* const found = std::ranges::find(commands, first_word(line), named);
    if (found == std::end(commands)) {
        std::printf(
            "There is no command %.*s; .help lists them.\n", EXAMPLES_TEXT(first_word(line)));
        return false;
    }
    return (this->*found->run)(std::string{trimmed(line.substr(first_word(line).size()))});
}

bool Shell::run_sql(std::string const& sql)
{
    sqlite3* const handle = database_.handle();
    for (char const* rest = sql.c_str(); handle && *rest;) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(handle, rest, -1, &statement, &rest) != SQLITE_OK)
            return report();
        bool const good = !statement || run_statement(statement);
        if (sqlite3_finalize(statement) != SQLITE_OK || !good)
            return report();
    }
    return handle != nullptr;
}

bool Shell::run_statement(sqlite3_stmt* statement)
{
    int const columns = sqlite3_column_count(statement);
    if (shows_headers_ && columns > 0)
        print_names(statement);
    int stepped = 0;
    while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < columns; ++i) {
            auto const* const text = sqlite3_column_text(statement, i);
            auto const size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
            if (i > 0)
                std::putchar('|');
            std::fwrite(text, 1, text ? size : 0, stdout);
        }
        std::putchar('\n');
    }
    return stepped == SQLITE_DONE;
}

void Shell::print_names(sqlite3_stmt* statement) const
{
    for (int i = 0; i < sqlite3_column_count(statement); ++i)
        std::printf("%s%s", i > 0 ? "|" : "", sqlite3_column_name(statement, i));
    std::putchar('\n');
}

/// @return false
bool Shell::report() const
{
    sqlite3* const handle = database_.handle();
    std::printf(
        "Error: %s (%s)\n", sqlite3_errmsg(handle),
        sqlite3_errstr(sqlite3_extended_errcode(handle)));
    return false;
}

std::vector<std::string> Shell::names() const
{
    std::vector<std::string> found;
    auto const add = [](void* to, int, char** values, char**) {
        static_cast<std::vector<std::string>*>(to)->emplace_back(values[0]);
        return 0;
    };
    if (sqlite3* const handle = database_.handle())
        sqlite3_exec(
            handle, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'", add, &found,
            nullptr);
    return found;
}

bool Shell::help(std::string const&)
{
    for (Command const& command : commands)
        std::printf("%-22.*s%.*s\n", EXAMPLES_TEXT(command.usage), EXAMPLES_TEXT(command.help));
    std::printf("Anything else is SQL, and ends with a semicolon.\n");
    return true;
}

bool Shell::tables(std::string const&)
{
    return run_sql("SELECT name FROM sqlite_schema WHERE type IN ('table','view') "
                   "AND name NOT LIKE 'sqlite_%' ORDER BY name");
}

bool Shell::schema(std::string const& argument)
{
    char* const sql = sqlite3_mprintf(
        "SELECT sql || ';' FROM sqlite_schema WHERE sql NOT NULL "
        "AND (%Q = '' OR tbl_name = %Q) ORDER BY tbl_name, type DESC, name",
        argument.c_str(), argument.c_str());
    bool const good = sql && run_sql(sql);
    sqlite3_free(sql);
    return good;
}

bool Shell::headers(std::string const& argument)
{
    if (argument != "on" && argument != "off") {
        std::printf("Usage: .headers on|off\n");
        return false;
    }
    shows_headers_ = argument == "on";
    return true;
}

bool Shell::disk(std::string const&)
{
    DatabaseDisk const& disk = database_.disk();
    std::printf(
        "database  %" PRIu64 " KiB of %" PRIu64 "\njournal   %" PRIu64
        " KiB at most\nflush     %s\n",
        disk.main_size() >> 10, disk.main_room() >> 10, disk.journal_room() >> 10,
        disk.can_flush() ? "yes" : "no");
    return true;
}

bool Shell::read(std::string const& argument)
{
    auto const script = read_script(argument);
    return script && take_script(*script);
}

bool Shell::quit(std::string const&)
{
    ended_ = true;
    return true;
}

} // namespace examples
