#include "commands.hpp"

#include "../support/text.hpp"
#include <lodger/runtime/console.hpp>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <sstream>

namespace examples {

using namespace lodger;

Commands::Command const Commands::commands[] = {
    {"ls", "ls [PATH]", "the names below a path, with their values", 0, 1, &Commands::ls},
    {"tree", "tree [PATH]", "everything below a path", 0, 1, &Commands::tree},
    {"read", "read PATH", "a value", 1, 1, &Commands::read},
    {"write", "write PATH VALUE", "gives a path a value", 2, 2, &Commands::write},
    {"mkdir", "mkdir PATH", "makes an empty node", 1, 1, &Commands::mkdir},
    {"rm", "rm PATH", "removes a node and everything below it", 1, 1, &Commands::rm},
    {"perms", "perms PATH [PERMISSION...]", "who may do what: n0 r5 (n, r, w, b and a domain)", 1,
     17, &Commands::perms},
    {"watch", "watch PATH [SECONDS]", "what changes there, until a key is pressed", 1, 2,
     &Commands::watch},
    {"bench", "bench [PATH]", "reads a value 200 times, one by one and pipelined", 0, 1,
     &Commands::bench},
    {"help", "help", "this list", 0, 0, &Commands::help},
    {"exit", "exit", "ends the shell", 0, 0, &Commands::exit},
};

namespace {

std::string_view trimmed(std::string_view text)
{
    std::size_t const first = text.find_first_not_of(" \t");
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Words split(std::string_view text)
{
    Words words;
    std::istringstream stream{std::string{text}};
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

/// Values may hold any byte; those that a terminal would not show are shown in hexadecimal.
void print_value(std::string_view value)
{
    std::putchar('"');
    for (char const c : value) {
        if (c >= 0x20 && c < 0x7f)
            std::putchar(c);
        else
            std::printf("\\x%02x", static_cast<unsigned char>(c));
    }
    std::putchar('"');
}

std::string joined(std::string_view directory, std::string_view name)
{
    std::string path{directory};
    if (!path.empty() && !path.ends_with('/'))
        path += '/';
    return path += name;
}

} // namespace

bool Commands::run(std::string_view line)
{
    StoreOperations operations = store_.operations();
    return run_all(line, operations);
}

/// Commands end at a semicolon; those in braces after `tx` are one transaction.
bool Commands::run_all(std::string_view line, StoreOperations& operations)
{
    bool good = true;
    while (!trimmed(line).empty() && !ended_) {
        line = trimmed(line);
        if (line.starts_with("tx") && trimmed(line.substr(2)).starts_with('{')) {
            std::size_t const open = line.find('{');
            std::size_t const close = std::min(line.find('}'), line.size());
            good = run_transaction(line.substr(open + 1, close - open - 1)) && good;
            line.remove_prefix(std::min(close + 1, line.size()));
        } else {
            std::size_t const end = std::min(line.find(';'), line.size());
            good = run_one(trimmed(line.substr(0, end)), operations) && good;
            line.remove_prefix(end);
        }
        if (line.starts_with(';'))
            line.remove_prefix(1);
    }
    return good;
}

bool Commands::run_transaction(std::string_view body)
{
    auto const outcome = store_.transaction([&](StoreOperations& transaction) -> Result<> {
        if (!run_all(body, transaction))
            return Failure{Errc::cancelled};
        return {};
    });
    if (!outcome)
        std::printf("tx: thrown away: %.*s\n", EXAMPLES_TEXT(describe(outcome.error())));
    return outcome.has_value();
}

bool Commands::run_one(std::string_view text, StoreOperations& operations)
{
    Words const words = split(text);
    if (words.empty())
        return true;
    auto const* const command = std::ranges::find(commands, words[0], &Command::name);
    if (command == std::end(commands)) {
        std::printf("%s: there is no such command; `help` lists them\n", words[0].c_str());
        return false;
    }
    std::size_t const given = words.size() - 1;
    if (given < command->least_words || given > command->most_words) {
        std::printf("Usage: %.*s\n", EXAMPLES_TEXT(command->usage));
        return false;
    }
    auto const outcome = (this->*command->run)(operations, words);
    if (!outcome)
        std::printf("%s: %.*s\n", words[0].c_str(), EXAMPLES_TEXT(describe(outcome.error())));
    return outcome.has_value();
}

Result<> Commands::ls(StoreOperations& operations, Words const& words)
{
    std::string const path = words.size() > 1 ? words[1] : LODGER_TRY(home());
    store::NameList const names = LODGER_TRY(operations.list(path.c_str(), patience()));
    std::array<char, store::most_payload> buffer;
    for (std::string_view const name : names) {
        auto const value = operations.read({path, name}, buffer, patience());
        std::printf("%.*s = ", EXAMPLES_TEXT(name));
        if (value)
            print_value(*value);
        else
            std::printf("(%.*s)", EXAMPLES_TEXT(describe(value.error())));
        std::putchar('\n');
    }
    return {};
}

Result<> Commands::tree(StoreOperations& operations, Words const& words)
{
    std::string const path = words.size() > 1 ? words[1] : LODGER_TRY(home());
    std::printf("%s\n", path.c_str());
    return print_below(operations, path, 1);
}

Result<> Commands::print_below(StoreOperations& operations, std::string const& path, int depth)
{
    store::NameList const names = LODGER_TRY(operations.list(path.c_str(), patience()));
    std::array<char, 256> buffer;
    for (std::string_view const name : names) {
        auto const value = operations.read({path, name}, buffer, patience());
        std::printf("%*s%.*s = ", 2 * depth, "", EXAMPLES_TEXT(name));
        if (value)
            print_value(*value);
        else
            std::printf("(%.*s)", EXAMPLES_TEXT(describe(value.error())));
        std::putchar('\n');
        auto const below = print_below(operations, joined(path, name), depth + 1);
        // What may not be seen, or went away meanwhile, is left out.
        if (!below && below.error() != Errc::denied && below.error() != Errc::not_found)
            return below;
    }
    return {};
}

Result<> Commands::read(StoreOperations& operations, Words const& words)
{
    std::array<char, store::most_payload> buffer;
    print_value(LODGER_TRY(operations.read(words[1].c_str(), buffer, patience())));
    std::putchar('\n');
    return {};
}

Result<> Commands::write(StoreOperations& operations, Words const& words)
{
    return operations.write(words[1].c_str(), std::string_view{words[2]}, patience());
}

Result<> Commands::mkdir(StoreOperations& operations, Words const& words)
{
    return operations.mkdir(words[1].c_str(), patience());
}

Result<> Commands::rm(StoreOperations& operations, Words const& words)
{
    return operations.rm(words[1].c_str(), patience());
}

Result<> Commands::perms(StoreOperations& operations, Words const& words)
{
    if (words.size() > 2) {
        std::string list;
        for (auto word = words.begin() + 2; word != words.end(); ++word)
            list += *word + '\0';
        auto const wanted = store::Permissions::parse(list);
        if (!wanted)
            return Failure{Errc::invalid_argument};
        return operations.set_permissions(words[1].c_str(), *wanted, patience());
    }
    auto const permissions = LODGER_TRY(operations.permissions(words[1].c_str(), patience()));
    for (store::Permission const permission : permissions.entries())
        std::printf("%c%u ", static_cast<char>(permission.rights), permission.domain.value);
    std::putchar('\n');
    return {};
}

Result<> Commands::watch(StoreOperations&, Words const& words)
{
    auto const seconds =
        words.size() > 2 ? LODGER_TRY(parse<std::uint16_t>(words[2])) : std::uint16_t{3600};
    Deadline const end = after(guest(), std::chrono::seconds{seconds});
    auto watch = LODGER_TRY(store_.watch(words[1].c_str()));
    std::array<char, store::longest_absolute_path> path;
    while (!end.passed(guest().now())) {
        // In slices, to look at the keyboard in between.
        Instant const slice = guest().now() + std::chrono::milliseconds{100};
        auto const changed = watch.next(path, end.no_later_than(slice));
        char key;
        if (changed)
            std::printf("%.*s\n", EXAMPLES_TEXT(*changed));
        else if (changed.error() != Errc::timed_out)
            return Failure{changed.error()};
        if (runtime::console() && runtime::console()->read({&key, 1}, Deadline{guest().now()}))
            break;
    }
    return {};
}

Result<> Commands::bench(StoreOperations& operations, Words const& words)
{
    constexpr std::size_t count = 200;
    char const* const path = words.size() > 1 ? words[1].c_str() : "domid";
    std::array<char, 64> buffer;
    Instant const start = guest().now();
    for (std::size_t i = 0; i < count; ++i)
        LODGER_TRY(operations.read(path, buffer, patience()));
    Instant const middle = guest().now();
    std::vector<store::Path> const paths(count, store::Path{path});
    LODGER_TRY(operations.read_each(
        paths, patience(), [](std::size_t, Result<std::string_view> const& value) -> Result<> {
            return value ? Result<>{} : Failure{value.error()};
        }));
    Instant const end = guest().now();
    auto const print = [](char const* how, Duration time) {
        auto const us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
        std::printf(
            "%-10s %8" PRId64 " us, %8" PRId64 " requests/s\n", how, static_cast<std::int64_t>(us),
            static_cast<std::int64_t>(count) * 1'000'000 / (us + 1));
    };
    print("one by one", middle - start);
    print("pipelined", end - middle);
    return {};
}

Result<> Commands::help(StoreOperations&, Words const&)
{
    for (Command const& command : commands)
        std::printf("%-28.*s %.*s\n", EXAMPLES_TEXT(command.usage), EXAMPLES_TEXT(command.help));
    std::printf("%-28s %s\n", "tx { COMMAND; ... }", "commands as one transaction");
    std::printf("Paths are relative to this domain's own unless they begin with a slash.\n");
    return {};
}

Result<> Commands::exit(StoreOperations&, Words const&)
{
    ended_ = true;
    return {};
}

/// The domain's own directory, which has no relative name.
Result<std::string> Commands::home()
{
    std::array<char, 64> buffer;
    Domain const self = LODGER_TRY(store_.read<Domain>("domid"));
    return std::string{LODGER_TRY(store_.domain_path(self, buffer))};
}

std::vector<std::string> Commands::complete(std::string_view line)
{
    std::size_t const start = line.find_last_of(" ;{") + 1; // npos + 1 is 0
    std::string_view const word = line.substr(start);
    bool const is_command = trimmed(line.substr(0, start)).empty() ||
                            std::string_view{";{"}.contains(trimmed(line.substr(0, start)).back());
    std::vector<std::string> words;
    if (is_command) {
        for (Command const& command : commands)
            words.push_back(std::string{command.name} + " ");
        return words;
    }
    std::size_t const slash = word.rfind('/');
    std::string directory{
        slash == word.npos ? "" : word.substr(0, std::max<std::size_t>(slash, 1))};
    std::string const asked = directory.empty() ? home().value_or("/") : directory;
    auto const names = store_.list(asked.c_str());
    if (!names)
        return words;
    for (std::string_view const name : *names)
        words.push_back(joined(directory, name));
    return words;
}

} // namespace examples
