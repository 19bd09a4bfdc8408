#include "program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

namespace fs = std::filesystem;

namespace {

void put(char const* path, char const* text, char const* mode = "w")
{
    std::FILE* const file = std::fopen(path, mode);
    std::printf("%s %s: %d", mode, path, file != nullptr);
    if (!file)
        return static_cast<void>(std::printf("\n"));
    std::printf(" %d", std::fputs(text, file) >= 0);
    std::printf(" %d\n", std::fclose(file));
}

void show(char const* path)
{
    char text[256] = "";
    std::FILE* const file = std::fopen(path, "r");
    if (!file)
        return static_cast<void>(std::printf("%s: none\n", path));
    std::size_t const size = std::fread(text, 1, sizeof text, file);
    std::printf("%s: \"%.*s\"\n", path, static_cast<int>(size), text);
    std::fclose(file);
}

void print(char const* what, long result)
{
    std::printf("%s %ld\n", what, result);
}

/// What a call that should fail has come to. @param error what errno should be
void print_failure(char const* what, long result, int error)
{
    std::printf("%s: %ld %d\n", what, result, errno == error);
}

void print_tree(fs::path const& top)
{
    std::vector<std::string> lines;
    for (fs::directory_entry const& entry : fs::recursive_directory_iterator{top}) {
        std::string const what = entry.is_symlink()     ? "link"
                                 : entry.is_directory() ? "directory"
                                                        : std::to_string(entry.file_size());
        lines.push_back(entry.path().string() + " " + what);
    }
    std::ranges::sort(lines);
    for (std::string const& line : lines)
        std::printf("  %s\n", line.c_str());
}

} // namespace

PROGRAM(file_by_stdio)
{
    std::printf("chdir %d\n", chdir(directory));
    put("a", "first\n");
    put("a", "second\n", "a");
    show("a");
    put("a", "F", "r+");
    put("none", "", "r+");
    put("a", "", "wx");
    show("a");
    std::FILE* file = std::fopen("b", "w+");
    std::fputs("12345", file);
    std::rewind(file);
    std::printf("w+ reads %c", std::fgetc(file));
    std::fseek(file, 8, SEEK_SET);
    std::fputc('9', file);
    std::fseek(file, 0, SEEK_END);
    std::printf(", ends at %ld\n", std::ftell(file));
    file = std::freopen("c", "w", file);
    std::fprintf(file, "through %s", "freopen");
    std::fclose(file);
    show("c");
    file = std::fopen("a", "a+");
    std::fseek(file, 0, SEEK_SET);
    std::fputs("third\n", file);
    std::fseek(file, 3, SEEK_SET);
    std::printf("a+ reads %c\n", std::fgetc(file));
    std::fclose(file);
    show("a");
    file = std::tmpfile();
    std::fputs("nameless", file);
    std::rewind(file);
    char text[16] = "";
    std::printf("tmpfile %s\n", std::fgets(text, sizeof text, file));
    std::fclose(file);
    print("rename", std::rename("c", "b"));
    print("remove", std::remove("a"));
    print("remove", std::remove("b"));
    print_failure("remove", std::remove("b"), ENOENT);
}

PROGRAM(file_by_iostream)
{
    chdir(directory);
    {
        std::ofstream out{"a"};
        for (int i = 0; i < 3000; ++i)
            out << i << '\n';
    }
    std::ifstream in{"a"};
    long sum = 0;
    for (int number = 0; in >> number;)
        sum += number;
    std::printf("sum %ld, at its end %d\n", sum, in.eof());
    std::ofstream{"a", std::ios::app} << "appended";
    std::fstream both{"a", std::ios::in | std::ios::out | std::ios::ate};
    std::printf("size %lld\n", static_cast<long long>(both.tellg()));
    both.seekp(2);
    both << "XY";
    both.seekg(0);
    std::string word;
    both >> word >> word;
    std::printf("%s\n", word.c_str());
    both.close();
    std::ofstream{"a"} << "short";
    show("a");
    std::printf("none %d\n", std::ifstream{"none"}.is_open());
    std::remove("a");
}

PROGRAM(file_tree)
{
    fs::current_path(directory);
    std::printf("current %d\n", fs::current_path() == fs::path{directory});
    std::printf("%d", fs::create_directories("t/u/v"));
    std::printf(" %d\n", fs::create_directories("t/u/v"));
    std::ofstream{"t/one"} << "12345";
    fs::copy_file("t/one", "t/u/two");
    fs::create_symlink("u/two", "t/link");
    fs::create_directory_symlink("u", "t/way");
    fs::create_hard_link("t/one", "t/u/v/three");
    print_tree("t");
    std::printf(
        "links %d, same %d\n", static_cast<int>(fs::hard_link_count("t/one")),
        fs::equivalent("t/one", "t/u/v/three"));
    std::printf("reads %s\n", fs::read_symlink("t/link").c_str());
    std::printf(
        "is %s\n", fs::canonical("t/way/v/../two").lexically_relative(fs::canonical(".")).c_str());
    fs::resize_file("t/u/two", 3);
    std::printf("size %d\n", static_cast<int>(fs::file_size("t/link")));
    fs::permissions("t/one", fs::perms::owner_read);
    std::printf("mode %o\n", static_cast<unsigned>(fs::status("t/one").permissions()));
    auto const time = fs::last_write_time("t/u/two");
    fs::last_write_time("t/one", time - std::chrono::hours{1});
    std::printf("older %d\n", fs::last_write_time("t/one") < time);
    fs::rename("t/u", "t/w");
    std::printf("broken %d\n", !fs::exists("t/link") && fs::is_symlink("t/link"));
    fs::copy("t/w", "t/x", fs::copy_options::recursive);
    print_tree("t");
    std::error_code error;
    std::printf("%d", fs::remove("t", error));
    std::printf(" %d\n", error == std::errc::directory_not_empty);
    fs::create_directory("t/one", error);
    std::printf("%d\n", error == std::errc::file_exists || !error);
    std::printf("room %d\n", fs::space("t").capacity > 0);
    std::printf("removed %d\n", static_cast<int>(fs::remove_all("t")));
    std::printf("exists %d\n", fs::exists("t"));
}

PROGRAM(file_by_posix)
{
    chdir(directory);
    umask(022);
    std::printf("mkdir %d\n", mkdir("d", 0777));
    int const file = open("d/f", O_RDWR | O_CREAT | O_EXCL, 0666);
    std::printf("write %d\n", static_cast<int>(write(file, "abc", 3)));
    print_failure("again", open("d/f", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
    struct stat status{};
    std::printf("fstat %d", fstat(file, &status));
    std::printf(
        " %o %d\n", static_cast<unsigned>(status.st_mode), static_cast<int>(status.st_size));
    std::printf("unlink %d\n", unlink("d/f"));
    char text[4] = "";
    std::printf("pread %d", static_cast<int>(pread(file, text, 3, 0)));
    std::printf(" %s, size %d\n", text, static_cast<int>(lseek(file, 0, SEEK_END)));
    print("ftruncate", ftruncate(file, 1));
    print("fsync", fsync(file));
    print("close", close(file));
    print_failure("stat", stat("d/f", &status), ENOENT);
    print_failure("read", open("d/", O_WRONLY), EISDIR);
    print_failure("mkdir", mkdir("d/", 0777), EEXIST);
    std::printf("symlink %d\n", symlink("d", "l"));
    print_failure("rmdir", rmdir("l"), ENOTDIR);
    print_failure("unlink", unlink("d"), EISDIR);
    print_failure("into itself", rename("d", "d/e"), EINVAL);
    print_failure("dot", rmdir("d/."), EINVAL);
    print_failure("readlink", readlink("d", text, 1), EINVAL);
    std::string const long_name(300, 'n');
    print_failure("long", open(long_name.c_str(), O_WRONLY | O_CREAT, 0666), ENAMETOOLONG);
    DIR* const stream = opendir("l");
    std::vector<std::string> names;
    creat("d/g", 0600);
    while (dirent const* const entry = readdir(stream))
        if (entry->d_name[0] != '.')
            names.push_back(entry->d_name + std::to_string(entry->d_type == DT_REG));
    std::printf("readdir %zu %s\n", names.size(), names[0].c_str());
    print("closedir", closedir(stream));
    struct statvfs space{};
    print("statvfs", statvfs("d", &space));
    std::printf("blocks %d\n", space.f_blocks > 0);
    print("unlink", unlink("l/g"));
    print("rmdir", rmdir("d"));
    print("unlink", unlink("l"));
}
