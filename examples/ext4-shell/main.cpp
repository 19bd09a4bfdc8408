// A shell for the files of ext2, ext3 and ext4 disks.

#include "../support/terminal.hpp"
#include "../support/text.hpp"
#include "shell.hpp"
#include <lodger/ext4/mount.hpp>
#include <lodger/runtime/services.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

namespace {

using namespace lodger;

constexpr char usage[] =
    R"(usage: ext4-shell [OPTION...] [DISK=DIRECTORY...] ["COMMANDS"...]

Mounts disks (xvda=/ if none is named) and runs commands on their files, from the command line, or
those typed at the console; `help` lists them. The exit status says whether all of them worked, but
nothing of those that were typed.

  --script       runs the commands that the RAM disk holds, to the first one that fails
  --read-only    nothing can be changed
  --unrecovered  read-only, even if the disk was not unmounted and its journal is not replayed
  --help         this text
)";

struct Arguments {
    ext4::Options options;
    bool has_script = false;
    std::span<char*> rest;
};

bool parse(std::span<char*> words, Arguments& arguments)
{
    for (; !words.empty() && words[0][0] == '-'; words = words.subspan(1)) {
        std::string_view const word = words[0];
        if (word == "--read-only") {
            arguments.options.read_only = true;
        } else if (word == "--unrecovered") {
            arguments.options.unrecovered = true;
        } else if (word == "--script") {
            arguments.has_script = true;
        } else {
            std::printf("ext4-shell: there is no option %s; see --help.\n", words[0]);
            return false;
        }
    }
    arguments.rest = words;
    return true;
}

using Mounts = std::vector<std::unique_ptr<ext4::Mount>>;

bool mount(
    Mounts& mounts, std::string_view disk, std::string_view where, ext4::Options const& options)
{
    std::string why;
    auto made = ext4::Mount::create(disk, where, options, why);
    if (made) {
        mounts.push_back(std::move(*made));
        return true;
    }
    std::printf(
        "%.*s is not mounted: %s (%.*s)\n", EXAMPLES_TEXT(disk), why.c_str(),
        EXAMPLES_TEXT(describe(made.error())));
    return false;
}

/// What is to be mounted, off the front of the words.
bool mount_all(Mounts& mounts, Arguments& arguments)
{
    bool is_any = false;
    for (; !arguments.rest.empty(); arguments.rest = arguments.rest.subspan(1)) {
        std::string_view const word = arguments.rest[0];
        std::size_t const end = word.find("=/");
        if (end == word.npos || word.find(' ') < end)
            break;
        is_any = true;
        if (!mount(mounts, word.substr(0, end), word.substr(end + 1), arguments.options))
            return false;
    }
    return is_any || mount(mounts, "xvda", "/", arguments.options);
}

bool run_console(examples::FileShell& shell)
{
    runtime::Console* const console = runtime::console();
    if (!console) {
        std::printf("There is no console to type at.\n");
        return false;
    }
    std::printf("File shell; `help` lists the commands.\n");
    examples::LineEditor editor{
        [&](std::string_view line) { return shell.complete(line); }, "exit"};
    while (!shell.has_ended()) {
        std::fflush(stdout);
        auto const line = examples::read_line(*console, editor, "files> ");
        if (!line)
            return false;
        shell.run(*line); // Whoever typed it has seen what came of it.
    }
    return true;
}

bool run_script(examples::FileShell& shell)
{
    for (auto const bytes : guest().boot_info().modules) {
        std::string_view rest{reinterpret_cast<char const*>(bytes.data()), bytes.size()};
        rest = rest.substr(0, rest.find('\0'));
        while (!rest.empty() && !shell.has_ended()) {
            std::size_t const end = std::min(rest.find('\n'), rest.size());
            if (!shell.run(rest.substr(0, end)))
                return false;
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return true;
    }
    std::printf("This guest has no RAM disk: give it one with ramdisk= of its xl configuration.\n");
    return false;
}

bool run_commands(Arguments const& arguments)
{
    examples::FileShell shell;
    if (arguments.has_script && !run_script(shell))
        return false;
    if (arguments.rest.empty() && !arguments.has_script)
        return run_console(shell);
    bool good = true;
    for (char const* const commands : arguments.rest)
        good = shell.run(commands) && good;
    return good;
}

bool run(Arguments& arguments)
{
    Mounts mounts;
    bool good = mount_all(mounts, arguments) && run_commands(arguments);
    for (auto& mounted : mounts) {
        auto const ended = mounted->end();
        if (ended)
            continue;
        std::printf("Not unmounted: %.*s\n", EXAMPLES_TEXT(describe(ended.error())));
        good = false;
    }
    return good;
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
