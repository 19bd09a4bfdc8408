#include "shell.hpp"

#include "../support/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <unistd.h>
#include <utility>

namespace examples {

FileShell::Command const FileShell::commands[] = {
    {"ls", "ls [-l] [PATH]", "the names in a directory", 0, 2, &FileShell::ls},
    {"tree", "tree [PATH]", "everything below a directory: type, size or target, path", 0, 1,
     &FileShell::tree},
    {"cd", "cd [DIRECTORY]", "where relative paths begin from now on", 0, 1, &FileShell::cd},
    {"pwd", "pwd", "where that is", 0, 0, &FileShell::pwd},
    {"cat", "cat FILE...", "what is in files", 1, 16, &FileShell::cat},
    {"sum", "sum FILE...", "SHA-256 of what is in files; -r DIRECTORY: of all below it", 1, 16,
     &FileShell::sum},
    {"stat", "stat PATH", "all that is known of a file", 1, 1, &FileShell::stat},
    {"df", "df [PATH]", "how much room there is", 0, 1, &FileShell::df},
    {"cp", "cp [-r] FROM TO", "copies a file, or with -r a directory; between disks, too", 2, 3,
     &FileShell::cp},
    {"mv", "mv FROM TO", "gives a file another name", 2, 2, &FileShell::mv},
    {"rm", "rm [-r] PATH", "removes a file, or with -r a directory", 1, 2, &FileShell::rm},
    {"mkdir", "mkdir DIRECTORY...", "makes directories", 1, 16, &FileShell::mkdir},
    {"rmdir", "rmdir DIRECTORY", "removes an empty directory", 1, 1, &FileShell::rmdir},
    {"ln", "ln [-s] TARGET NAME", "one more name for a file, or a symbolic link", 2, 3,
     &FileShell::ln},
    {"write", "write FILE TEXT...", "makes a file of one line", 1, 99, &FileShell::write},
    {"append", "append FILE TEXT...", "adds a line to a file", 2, 99, &FileShell::append},
    {"edit", "edit FILE LINE [TEXT...]", "replaces a line of a file, or takes it out", 2, 99,
     &FileShell::edit},
    {"fill", "fill FILE [KIBIBYTES]", "writes until the disk is full, or as much", 1, 2,
     &FileShell::fill},
    {"truncate", "truncate FILE BYTES", "cuts a file off, or has it end in zeros", 2, 2,
     &FileShell::truncate},
    {"chmod", "chmod MODE PATH", "permissions, in octal", 2, 2, &FileShell::chmod},
    {"sync", "sync [PATH]", "returns when a file, and all before it, is safe on the disk", 0, 1,
     &FileShell::sync},
    {"help", "help", "this list", 0, 0, &FileShell::help},
    {"exit", "exit", "ends the shell", 0, 0, &FileShell::exit},
};

bool complain(std::string_view what, std::string_view path)
{
    std::printf("%.*s: %.*s: %s\n", EXAMPLES_TEXT(what), EXAMPLES_TEXT(path), std::strerror(errno));
    return false;
}

std::string joined(std::string_view directory, std::string_view name)
{
    std::string path{directory};
    if (!path.empty() && !path.ends_with('/'))
        path += '/';
    return path += name;
}

bool names_in(std::string const& directory, std::vector<std::string>& names)
{
    DIR* const open = opendir(directory.empty() ? "." : directory.c_str());
    if (!open)
        return false;
    errno = 0;
    while (dirent const* const entry = readdir(open)) {
        std::string_view const name = entry->d_name;
        if (name != "." && name != "..")
            names.emplace_back(name);
        errno = 0;
    }
    int const error = errno;
    closedir(open);
    std::ranges::sort(names);
    errno = error;
    return error == 0;
}

namespace {

/// Words, with blanks and semicolons in them if they are quoted; a semicolon is a word of its own.
std::vector<Words> split(std::string_view line)
{
    std::vector<Words> commands(1);
    std::string word;
    bool in_word = false;
    char quote = 0;
    auto const end_word = [&] {
        if (in_word)
            commands.back().push_back(std::exchange(word, {}));
        in_word = false;
    };
    for (char const c : line) {
        if (quote != 0 ? c == quote : c == '\'' || c == '"') {
            quote = quote != 0 ? '\0' : c;
            in_word = true;
        } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
            end_word();
        } else if (quote == 0 && (c == ';' || c == '\n')) {
            end_word();
            commands.emplace_back();
        } else {
            word += c;
            in_word = true;
        }
    }
    end_word();
    return commands;
}

} // namespace

bool FileShell::run(std::string_view line)
{
    bool good = true;
    for (Words const& words : split(line))
        if (!has_ended_ && !words.empty() && !words[0].starts_with('#'))
            good = run_one(words) && good;
    return good;
}

bool FileShell::run_one(Words const& words)
{
    auto const* const command = std::ranges::find(commands, words[0], &Command::name);
    if (command == std::end(commands)) {
        std::printf("%s: there is no such command; `help` lists them\n", words[0].c_str());
        return false;
    }
    std::size_t const given = words.size() - 1;
    if (given >= command->least_words && given <= command->most_words)
        return (this->*command->run)(words);
    std::printf("Usage: %.*s\n", EXAMPLES_TEXT(command->usage));
    return false;
}

std::vector<std::string> FileShell::complete(std::string_view line) const
{
    std::size_t const start = line.find_last_of(" ;") + 1; // npos + 1 is 0
    std::string_view const word = line.substr(start);
    std::vector<std::string> words;
    if (start == 0 || line.substr(0, start).ends_with(';')) {
        for (Command const& command : commands)
            words.push_back(std::string{command.name} + " ");
        return words;
    }
    std::size_t const slash = word.rfind('/');
    std::string const directory{slash == word.npos ? "" : word.substr(0, slash + 1)};
    names_in(directory, words);
    for (std::string& name : words)
        name = directory + name;
    return words;
}

bool FileShell::help(Words const&)
{
    for (Command const& command : commands)
        std::printf("  %-26.*s %.*s\n", EXAMPLES_TEXT(command.usage), EXAMPLES_TEXT(command.help));
    return true;
}

bool FileShell::exit(Words const&)
{
    has_ended_ = true;
    return true;
}

bool FileShell::cd(Words const& words)
{
    std::string const to = words.size() > 1 ? words[1] : "/";
    return ::chdir(to.c_str()) == 0 || complain("cd", to);
}

bool FileShell::pwd(Words const&)
{
    std::string path(4096, '\0');
    if (!::getcwd(path.data(), path.size()))
        return complain("pwd", ".");
    std::printf("%s\n", path.c_str());
    return true;
}

} // namespace examples
