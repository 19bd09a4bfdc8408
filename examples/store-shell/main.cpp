// Explores XenStore: commands on the command line, or typed at the console.

#include "../support/line_editor.hpp"
#include "../support/terminal.hpp"
#include "../support/text.hpp"
#include "commands.hpp"
#include <lodger/runtime/console.hpp>

#include <cstdio>

namespace {

using namespace lodger;

/// Lines from the console, until `exit` or nothing can be read any more.
bool run_console(examples::Commands& commands)
{
    runtime::Console* const console = runtime::console();
    if (!console) {
        std::printf("There is no console to type at.\n");
        return false;
    }
    std::printf("XenStore shell; `help` lists the commands.\n");
    std::fflush(stdout);
    examples::LineEditor editor{
        [&](std::string_view line) { return commands.complete(line); }, "exit"};
    while (!commands.has_ended()) {
        auto const line = examples::read_line(*console, editor, "store> ");
        if (!line)
            return false;
        commands.run(*line); // Whoever typed it has seen what came of it.
        std::fflush(stdout);
    }
    return true;
}

bool run(int argc, char** argv)
{
    auto const store = runtime::xenstore();
    if (!store) {
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(store.error())));
        return false;
    }
    examples::Commands commands{**store};
    if (argc < 2)
        return run_console(commands);
    std::string line;
    for (int i = 1; i < argc; ++i)
        line += std::string{argv[i]} + " ";
    return commands.run(line);
}

} // namespace

int main(int argc, char** argv)
{
    bool const good = run(argc, argv);
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
