#include "../support/sha256.hpp"
#include "shell.hpp"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace examples {
namespace {

char letter_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return '-';
    case S_IFDIR: return 'd';
    case S_IFLNK: return 'l';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFIFO: return 'p';
    default: return '?';
    }
}

std::string permissions_of(mode_t mode)
{
    std::string text(1, letter_of(mode));
    for (int bit = 8; bit >= 0; --bit)
        text += mode >> bit & 1 ? "xwr"[bit % 3] : '-';
    return text;
}

std::string time_of(time_t time)
{
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", std::gmtime(&time));
    return text;
}

std::string target_of(std::string const& path)
{
    std::string text(4096, '\0');
    ssize_t const size = readlink(path.c_str(), text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

bool print_long(std::string const& path, std::string const& name)
{
    struct stat status;
    if (lstat(path.c_str(), &status) != 0)
        return complain("ls", path);
    std::printf(
        "%s %4u %10" PRId64 " %s %s", permissions_of(status.st_mode).c_str(),
        static_cast<unsigned>(status.st_nlink), static_cast<std::int64_t>(status.st_size),
        time_of(status.st_mtime).c_str(), name.c_str());
    if (S_ISLNK(status.st_mode))
        std::printf(" -> %s", target_of(path).c_str());
    std::printf("\n");
    return true;
}

/// A line for each file, the same whatever machine it is on.
bool print_tree(std::string const& path)
{
    std::vector<std::string> names;
    if (!names_in(path, names))
        return complain("tree", path);
    bool good = true;
    for (std::string const& name : names) {
        std::string const below = joined(path, name);
        struct stat status;
        if (lstat(below.c_str(), &status) != 0) {
            good = complain("tree", below);
        } else if (S_ISLNK(status.st_mode)) {
            std::printf("l %s %s\n", target_of(below).c_str(), below.c_str());
        } else if (S_ISDIR(status.st_mode)) {
            std::printf("d - %s\n", below.c_str());
            good = print_tree(below) && good;
        } else {
            std::printf(
                "%c %" PRId64 " %s\n", letter_of(status.st_mode),
                static_cast<std::int64_t>(status.st_size), below.c_str());
        }
    }
    return good;
}

bool print_sum(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file)
        return complain("sum", path);
    auto const part = std::make_unique<char[]>(64 << 10);
    Sha256 sum;
    while (file) {
        file.read(part.get(), 64 << 10);
        sum.add(std::as_bytes(std::span{part.get(), static_cast<std::size_t>(file.gcount())}));
    }
    if (file.bad())
        return complain("sum", path);
    std::printf("%s  %s\n", sum.hex().data(), path.c_str());
    return true;
}

bool print_sums(std::string const& directory)
{
    std::vector<std::string> names;
    if (!names_in(directory, names))
        return complain("sum", directory);
    bool good = true;
    for (std::string const& name : names) {
        std::string const path = joined(directory, name);
        struct stat status;
        if (lstat(path.c_str(), &status) != 0)
            good = complain("sum", path);
        else if (S_ISDIR(status.st_mode))
            good = print_sums(path) && good;
        else if (S_ISREG(status.st_mode))
            good = print_sum(path) && good;
    }
    return good;
}

} // namespace

bool FileShell::ls(Words const& words)
{
    bool const is_long = words.size() > 1 && words[1] == "-l";
    std::size_t const first = is_long ? 2 : 1;
    std::string const path = words.size() > first ? words[first] : ".";
    struct stat status;
    if (::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode))
        return is_long ? print_long(path, path) : std::printf("%s\n", path.c_str()) > 0;
    std::vector<std::string> names;
    if (!names_in(path, names))
        return complain("ls", path);
    bool good = true;
    for (std::string const& name : names)
        good = (is_long ? print_long(joined(path, name), name)
                        : std::printf("%s\n", name.c_str()) > 0) &&
               good;
    return good;
}

bool FileShell::tree(Words const& words)
{
    return print_tree(words.size() > 1 ? words[1] : ".");
}

bool FileShell::cat(Words const& words)
{
    for (std::size_t i = 1; i < words.size(); ++i) {
        std::FILE* const file = std::fopen(words[i].c_str(), "r");
        if (!file)
            return complain("cat", words[i]);
        char part[4096];
        while (std::size_t const count = std::fread(part, 1, sizeof part, file))
            std::fwrite(part, 1, count, stdout);
        bool const failed = std::ferror(file) != 0;
        std::fclose(file);
        if (failed)
            return complain("cat", words[i]);
    }
    return true;
}

bool FileShell::sum(Words const& words)
{
    if (words[1] == "-r")
        return print_sums(words.size() > 2 ? words[2] : ".");
    bool good = true;
    for (std::size_t i = 1; i < words.size(); ++i)
        good = print_sum(words[i]) && good;
    return good;
}

bool FileShell::stat(Words const& words)
{
    struct stat status;
    if (lstat(words[1].c_str(), &status) != 0)
        return complain("stat", words[1]);
    std::printf(
        "%s: inode %u, %s, %u links, owner %u:%u\n", words[1].c_str(),
        static_cast<unsigned>(status.st_ino), permissions_of(status.st_mode).c_str(),
        static_cast<unsigned>(status.st_nlink), static_cast<unsigned>(status.st_uid),
        static_cast<unsigned>(status.st_gid));
    std::printf(
        "  %" PRId64 " bytes in %" PRId64 " blocks of 512\n",
        static_cast<std::int64_t>(status.st_size), static_cast<std::int64_t>(status.st_blocks));
    std::printf(
        "  modified %s, changed %s, read %s\n", time_of(status.st_mtime).c_str(),
        time_of(status.st_ctime).c_str(), time_of(status.st_atime).c_str());
    return true;
}

bool FileShell::df(Words const& words)
{
    std::string const path = words.size() > 1 ? words[1] : ".";
    struct statvfs space;
    if (statvfs(path.c_str(), &space) != 0)
        return complain("df", path);
    auto const kibibytes = [&](auto blocks) {
        return static_cast<std::uint64_t>(blocks) * space.f_frsize / 1024;
    };
    std::printf(
        "%" PRIu64 " KiB, of which %" PRIu64 " KiB are free; %" PRIu64 " inodes, of which %" PRIu64
        " are free%s\n",
        kibibytes(space.f_blocks), kibibytes(space.f_bavail),
        static_cast<std::uint64_t>(space.f_files), static_cast<std::uint64_t>(space.f_ffree),
        space.f_flag & ST_RDONLY ? "; read-only" : "");
    return true;
}

} // namespace examples
