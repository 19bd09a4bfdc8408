#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace examples {

using Words = std::vector<std::string>;

/// Commands on files, with nothing but the C and C++ library's own functions: where the files are,
/// it does not know.
class FileShell {
public:
    /// Runs commands such as `mkdir a; cp b a/b`, each to its end.
    /// @return whether all of them worked
    bool run(std::string_view line);

    /// Whether `exit` was among them.
    bool has_ended() const { return has_ended_; }

    /// What could stand for the last word of a line: commands first, paths after them.
    std::vector<std::string> complete(std::string_view line) const;

private:
    struct Command {
        std::string_view name;
        std::string_view usage;
        std::string_view help;
        std::size_t least_words;
        std::size_t most_words;
        bool (FileShell::*run)(Words const& words);
    };
    static Command const commands[];

    bool run_one(Words const& words);

    bool ls(Words const& words);
    bool tree(Words const& words);
    bool cd(Words const& words);
    bool pwd(Words const& words);
    bool cat(Words const& words);
    bool sum(Words const& words);
    bool stat(Words const& words);
    bool df(Words const& words);
    bool cp(Words const& words);
    bool mv(Words const& words);
    bool rm(Words const& words);
    bool mkdir(Words const& words);
    bool rmdir(Words const& words);
    bool ln(Words const& words);
    bool write(Words const& words);
    bool append(Words const& words);
    bool edit(Words const& words);
    bool fill(Words const& words);
    bool truncate(Words const& words);
    bool chmod(Words const& words);
    bool sync(Words const& words);
    bool help(Words const& words);
    bool exit(Words const& words);

    bool has_ended_ = false;
};

/// Says what did not work, by `errno`. @return false
bool complain(std::string_view what, std::string_view path);

/// A directory's path and a name in it.
std::string joined(std::string_view directory, std::string_view name);

/// The names in a directory, in order. @return whether it could be read
bool names_in(std::string const& directory, std::vector<std::string>& names);

bool copy_tree(std::string const& from, std::string const& to, bool with_directories);
bool remove_tree(std::string const& path);

} // namespace examples
