#include "shell.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace examples {
namespace {

constexpr std::size_t part_size = 256 << 10;

std::string text_from(Words const& words, std::size_t first)
{
    std::string text;
    for (std::size_t i = first; i < words.size(); ++i)
        text += (i > first ? " " : "") + words[i];
    return text;
}

/// Where a file goes: into a directory under its own name, or to a name.
std::string destination(std::string const& from, std::string const& to)
{
    struct stat status;
    if (stat(to.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        return to;
    return joined(to, from.substr(from.rfind('/') + 1));
}

bool copy_bytes(std::FILE* from, std::FILE* to)
{
    auto const part = std::make_unique<char[]>(part_size);
    while (std::size_t const count = std::fread(part.get(), 1, part_size, from))
        if (std::fwrite(part.get(), 1, count, to) != count)
            return false;
    return !std::ferror(from);
}

bool are_same(struct stat const& one, struct stat const& other)
{
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// Opening a copy empties it: that must not be the file itself, by whatever name.
bool copy_file(std::string const& from, std::string const& to, struct stat const& status)
{
    struct stat there;
    if (stat(to.c_str(), &there) == 0 && are_same(status, there)) {
        std::printf("cp: %s and %s are the same file\n", from.c_str(), to.c_str());
        return false;
    }
    std::FILE* const source = std::fopen(from.c_str(), "r");
    if (!source)
        return complain("cp", from);
    std::FILE* const copy = std::fopen(to.c_str(), "w");
    if (!copy) {
        complain("cp", to);
        std::fclose(source);
        return false;
    }
    bool good = copy_bytes(source, copy) || complain("cp", to);
    std::fclose(source);
    if (std::fclose(copy) != 0)
        good = complain("cp", to);
    return good && (chmod(to.c_str(), status.st_mode & 07777) == 0 || complain("cp", to));
}

bool copy_link(std::string const& from, std::string const& to)
{
    std::string text(4096, '\0');
    ssize_t const size = readlink(from.c_str(), text.data(), text.size() - 1);
    if (size < 0)
        return complain("cp", from);
    text.resize(static_cast<std::size_t>(size));
    return symlink(text.c_str(), to.c_str()) == 0 || complain("cp", to);
}

/// @param top the directory that all of it goes to, which is not to be copied; none if that is `to`
bool copy_any(std::string const& from, std::string const& to, struct stat const* top)
{
    struct stat status;
    if (lstat(from.c_str(), &status) != 0)
        return complain("cp", from);
    if (S_ISLNK(status.st_mode))
        return copy_link(from, to);
    if (!S_ISDIR(status.st_mode))
        return copy_file(from, to, status);
    if (top && are_same(status, *top)) {
        std::printf("cp: %s is where the copy goes\n", from.c_str());
        return false;
    }
    if (mkdir(to.c_str(), status.st_mode & 07777) != 0 && errno != EEXIST)
        return complain("cp", to);
    struct stat made;
    if (stat(to.c_str(), &made) != 0)
        return complain("cp", to);
    std::vector<std::string> names;
    if (!names_in(from, names))
        return complain("cp", from);
    bool good = true;
    for (std::string const& name : names)
        good = copy_any(joined(from, name), joined(to, name), top ? top : &made) && good;
    return good;
}

} // namespace

bool copy_tree(std::string const& from, std::string const& to, bool with_directories)
{
    if (with_directories)
        return copy_any(from, to, nullptr);
    struct stat status;
    if (stat(from.c_str(), &status) != 0)
        return complain("cp", from);
    if (!S_ISDIR(status.st_mode))
        return copy_file(from, to, status);
    errno = EISDIR;
    return complain("cp", from);
}

bool remove_tree(std::string const& path)
{
    struct stat status;
    if (lstat(path.c_str(), &status) != 0)
        return complain("rm", path);
    if (!S_ISDIR(status.st_mode))
        return unlink(path.c_str()) == 0 || complain("rm", path);
    std::vector<std::string> names;
    if (!names_in(path, names))
        return complain("rm", path);
    bool good = true;
    for (std::string const& name : names)
        good = remove_tree(joined(path, name)) && good;
    return (rmdir(path.c_str()) == 0 || complain("rm", path)) && good;
}

bool FileShell::cp(Words const& words)
{
    bool const deep = words[1] == "-r";
    std::size_t const first = deep ? 2 : 1;
    if (words.size() != first + 2) {
        std::printf("Usage: cp [-r] FROM TO\n");
        return false;
    }
    return copy_tree(words[first], destination(words[first], words[first + 1]), deep);
}

bool FileShell::mv(Words const& words)
{
    std::string const to = destination(words[1], words[2]);
    if (std::rename(words[1].c_str(), to.c_str()) == 0)
        return true;
    if (errno != EXDEV)
        return complain("mv", words[1]);
    return copy_tree(words[1], to, true) && remove_tree(words[1]);
}

bool FileShell::rm(Words const& words)
{
    if (words[1] == "-r")
        return words.size() > 2 && remove_tree(words[2]);
    return ::unlink(words[1].c_str()) == 0 || complain("rm", words[1]);
}

bool FileShell::mkdir(Words const& words)
{
    bool good = true;
    for (std::size_t i = 1; i < words.size(); ++i)
        good = (::mkdir(words[i].c_str(), 0755) == 0 || complain("mkdir", words[i])) && good;
    return good;
}

bool FileShell::rmdir(Words const& words)
{
    return ::rmdir(words[1].c_str()) == 0 || complain("rmdir", words[1]);
}

bool FileShell::ln(Words const& words)
{
    bool const is_symbolic = words[1] == "-s";
    std::size_t const first = is_symbolic ? 2 : 1;
    if (words.size() != first + 2) {
        std::printf("Usage: ln [-s] TARGET NAME\n");
        return false;
    }
    char const* const target = words[first].c_str();
    char const* const name = words[first + 1].c_str();
    return (is_symbolic ? ::symlink(target, name) : ::link(target, name)) == 0 ||
           complain("ln", words[first + 1]);
}

bool FileShell::write(Words const& words)
{
    std::ofstream file{words[1]};
    file << text_from(words, 2) << '\n';
    file.close();
    return file.good() || complain("write", words[1]);
}

bool FileShell::append(Words const& words)
{
    std::ofstream file{words[1], std::ios::app};
    file << text_from(words, 2) << '\n';
    file.close();
    return file.good() || complain("append", words[1]);
}

/// Beside it first, then in its place: whoever looks finds the old file or the new one.
bool FileShell::edit(Words const& words)
{
    unsigned long const line = std::strtoul(words[2].c_str(), nullptr, 10);
    std::ifstream old{words[1]};
    if (!old)
        return complain("edit", words[1]);
    std::string const beside = words[1] + ".new";
    std::ofstream edited{beside};
    std::string text;
    for (unsigned long number = 1; std::getline(old, text); ++number) {
        if (number != line)
            edited << text << '\n';
        else if (words.size() > 3)
            edited << text_from(words, 3) << '\n';
    }
    bool good = !old.bad() || complain("edit", words[1]);
    edited.close();
    good = (edited.good() || complain("edit", beside)) && good;
    if (good)
        return std::rename(beside.c_str(), words[1].c_str()) == 0 || complain("edit", words[1]);
    ::unlink(beside.c_str());
    return false;
}

bool FileShell::fill(Words const& words)
{
    std::uint64_t const most =
        words.size() > 2 ? std::strtoull(words[2].c_str(), nullptr, 10) * 1024 : ~std::uint64_t{0};
    int const file = ::open(words[1].c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0)
        return complain("fill", words[1]);
    std::string const part(part_size, '#');
    std::uint64_t done = 0;
    ssize_t count = 1;
    while (done < most && count > 0) {
        count = ::write(file, part.data(), std::min<std::uint64_t>(part.size(), most - done));
        done += count > 0 ? static_cast<std::uint64_t>(count) : 0;
    }
    bool const is_full = count < 0 && errno == ENOSPC;
    if (count < 0)
        complain("fill", words[1]);
    std::printf("fill: %" PRIu64 " bytes\n", done);
    return (::close(file) == 0 || complain("fill", words[1])) && (count >= 0 || is_full);
}

bool FileShell::truncate(Words const& words)
{
    auto const size = static_cast<off_t>(std::strtoll(words[2].c_str(), nullptr, 10));
    return ::truncate(words[1].c_str(), size) == 0 || complain("truncate", words[1]);
}

bool FileShell::chmod(Words const& words)
{
    auto const mode = static_cast<mode_t>(std::strtoul(words[1].c_str(), nullptr, 8));
    return ::chmod(words[2].c_str(), mode) == 0 || complain("chmod", words[2]);
}

bool FileShell::sync(Words const& words)
{
    std::string const path = words.size() > 1 ? words[1] : ".";
    int const file = ::open(path.c_str(), O_RDONLY);
    if (file < 0)
        return complain("sync", path);
    bool const good = ::fsync(file) == 0 || complain("sync", path);
    ::close(file);
    return good;
}

} // namespace examples
