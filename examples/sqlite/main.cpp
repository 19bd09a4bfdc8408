// SQLite on a disk: an SQL shell on the console, statements and scripts, and SQLite's speed test.

#include "../support/options.hpp"
#include "../support/terminal.hpp"
#include "script.hpp"
#include "shell.hpp"

#include <cerrno>
#include <cstdio>
#include <unistd.h>

extern "C" int speedtest1_main(int argc, char** argv);

/// speedtest1 removes the database as a file, after it has had the VFS do so.
extern "C" int unlink(char const*)
{
    errno = ENOENT;
    return -1;
}

namespace {

using namespace examples;

constexpr char usage[] =
    R"(usage: sqlite [--cache=SIZE] [--script=SOURCE] [DISK] ["STATEMENTS"...]
       sqlite [--cache=SIZE] --speedtest DISK [OPTIONS OF speedtest1...]

Opens the database on a disk (xvda), or makes one there, and runs statements of SQL, or commands
such as .tables, from the command line; without any, those typed at the console. The exit status
says whether all of them worked, but nothing of those that were typed.

  --script=SOURCE  runs what another disk (xvdb) or the RAM disk (ramdisk) holds, to the first error
  --cache=SIZE     memory for what is on the disk, such as 8m; else a quarter of what is free
  --speedtest      runs SQLite's own speedtest1, which first empties the database
  --help           this text
)";

struct Arguments {
    std::size_t cache_pages = 0;
    std::string script;
    bool is_speed_test = false;
    std::string disk = "xvda";
    std::span<char*> rest{};
};

/// @return nothing if it makes no sense, which was said
bool parse(std::span<char*> words, Arguments& arguments)
{
    for (; !words.empty() && words[0][0] == '-'; words = words.subspan(1)) {
        std::string_view const word = words[0];
        if (word.starts_with("--script=")) {
            arguments.script = word.substr(word.find('=') + 1);
        } else if (word == "--speedtest") {
            arguments.is_speed_test = true;
        } else if (word.starts_with("--cache=")) {
            auto const size = parse_with_unit(word.substr(word.find('=') + 1), byte_units);
            if (!size || *size < (256 << 10)) {
                std::printf("sqlite: --cache= takes a size of at least 256k, such as 8m.\n");
                return false;
            }
            arguments.cache_pages = *size / lodger::page_size;
        } else {
            std::printf("sqlite: there is no option %s; see --help.\n", words[0]);
            return false;
        }
    }
    if (!words.empty()) {
        arguments.disk = words[0];
        words = words.subspan(1);
    }
    arguments.rest = words;
    return true;
}

bool run_console(Shell& shell)
{
    lodger::runtime::Console* const console = lodger::runtime::console();
    if (!console) {
        std::printf("There is no console to type at.\n");
        return false;
    }
    std::printf("SQLite %s; .help lists the commands, .quit ends.\n", sqlite3_libversion());
    LineEditor editor{[&](std::string_view line) { return shell.complete(line); }, ".quit"};
    while (!shell.has_ended()) {
        std::fflush(stdout);
        auto const line =
            read_line(*console, editor, shell.is_within_statement() ? "   ...> " : "sqlite> ");
        if (!line)
            return false;
        if (editor.was_called_off())
            shell.call_off();
        else
            shell.take_line(*line); // Whoever typed it has seen what came of it.
    }
    return true;
}

bool run_statements(Shell& shell, std::span<char*> all)
{
    for (char const* const statements : all)
        if (!shell.take_script(statements))
            return false;
    return true;
}

bool run_script(Shell& shell, std::string const& source)
{
    auto const script = read_script(source);
    return script && shell.take_script(*script);
}

bool run_speed_test(Arguments const& arguments)
{
    std::string name = "speedtest1";
    std::string disk = arguments.disk;
    std::vector<char*> words{name.data()};
    words.insert(words.end(), arguments.rest.begin(), arguments.rest.end());
    words.push_back(disk.data());
    return speedtest1_main(static_cast<int>(words.size()), words.data()) == 0;
}

bool run(Arguments const& arguments)
{
    auto const database = Database::open(arguments.disk, arguments.cache_pages);
    if (!database)
        return false;
    if (arguments.is_speed_test)
        return run_speed_test(arguments);
    if (!database->handle())
        return false;
    Shell shell{*database};
    if (!arguments.script.empty() && !run_script(shell, arguments.script))
        return false;
    if (!arguments.rest.empty())
        return run_statements(shell, arguments.rest);
    return !arguments.script.empty() || run_console(shell);
}

} // namespace

int main(int argc, char** argv)
{
    std::span<char*> const words{argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)};
    if (!words.empty() && std::string_view{words[0]} == "--help") {
        std::fputs(usage, stdout);
        return 0;
    }
    Arguments arguments;
    if (!parse(words, arguments))
        return 2;
    bool const good = run(arguments);
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
