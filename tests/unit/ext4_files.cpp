#include "support/ext4_mounted.hpp"

// Files and directories of an ext4 file system, made and checked by e2fsprogs.

using namespace lodger;
using namespace lodger::test;

namespace {

char const* const kinds[] = {
    "-t ext4",
    "-t ext4 -b 1024 -I 128",
    "-t ext4 -O ^metadata_csum,^64bit",
    "-t ext3 -b 2048",
    "-t ext2 -b 1024",
    "-t ext4 -O orphan_file,large_dir,metadata_csum_seed",
    "-t ext2 -O ^filetype,^dir_index,^resize_inode -b 4096",
};

std::string bytes(std::size_t size, unsigned seed)
{
    std::string text(size, '\0');
    for (char& byte : text)
        byte = static_cast<char>((seed = seed * 1103515245 + 12345) >> 16);
    return text;
}

} // namespace

TEST_CASE("what is written is read, here and elsewhere, and e2fsck finds nothing wrong")
{
    char const* const kind = GENERATE(from_range(std::begin(kinds), std::end(kinds)));
    std::size_t const sector = GENERATE(512, 4096);
    INFO(kind);
    Ext4Image image{kind, 16 << 20, sector};
    std::string const large = bytes(3'000'001, 1);
    std::string const small = "a few words\n";
    {
        Mounted disk{image};
        INFO(disk.why);
        REQUIRE(disk.system);
        CHECK(disk.write("small", small));
        CHECK(disk.system->make_directory("d", 0755));
        CHECK(disk.write("d/large", large));
        CHECK(disk.write("d/large", "in the middle", 1'234'567));
        CHECK(disk.write("holes", "end", 5'000'000));
        CHECK(disk.system->symlink("d/large", "short"));
        CHECK(disk.system->symlink(std::string(300, '/') + "d/large", "long"));
        CHECK(disk.system->link("small", "d/second"));
        CHECK(disk.unmount());
    }
    CHECK(image.faults() == "");
    CHECK(image.debugfs("cat small").ends_with(small));
    {
        Mounted disk{image, {.read_only = true}};
        std::string expected = large;
        expected.replace(1'234'567, 13, "in the middle");
        CHECK(disk.read("short").value() == expected);
        CHECK(disk.read("long").value() == expected);
        CHECK(disk.read("d/second").value() == small);
        auto const holes = disk.read("holes").value();
        CHECK(holes == std::string(5'000'000, '\0') + "end");
        CHECK(disk.status("holes")->st_blocks < 200);
        CHECK(disk.status("small")->st_nlink == 2);
        CHECK(
            disk.list("").value() ==
            std::set<std::string>{"lost+found", "small", "d", "holes", "short", "long"});
        CHECK(disk.write("small", "x").error() == Errc::read_only);
        CHECK(disk.system->unlink("small").error() == Errc::read_only);
    }
}

TEST_CASE("files of two disks are told apart by stat")
{
    Ext4Image first{"-t ext4", 4 << 20};
    Ext4Image second{"-t ext4", 4 << 20};
    Mounted one{first};
    Mounted other{second};
    CHECK(one.status("")->st_ino == other.status("")->st_ino);
    CHECK(one.status("")->st_dev != other.status("")->st_dev);
    CHECK(one.status("")->st_dev == one.status("lost+found")->st_dev);
}

TEST_CASE("a directory that is removed while it is open does not become another file")
{
    Ext4Image image{"-t ext4"};
    Mounted disk{image};
    CHECK(disk.system->make_directory("d", 0755));
    auto const number = disk.status("d")->st_ino;
    {
        auto const directory = disk.open("d", O_RDONLY | O_DIRECTORY).value();
        CHECK(disk.system->remove_directory("d"));
        CHECK(disk.write("f", "words"));
        CHECK(disk.status("f")->st_ino != number);
        CHECK(directory->change({.mode = 0700}));
        CHECK((disk.status("f")->st_mode & 07777) == 0644);
    }
    CHECK(disk.system->make_directory("e", 0755));
    CHECK(disk.status("e")->st_ino == number);
    CHECK(disk.unmount());
    CHECK(image.faults() == "");
}

TEST_CASE("a directory may be read again from where it was left, or from anywhere")
{
    Ext4Image image{"-t ext4"};
    Mounted disk{image};
    for (int i = 0; i < 300; ++i)
        CHECK(disk.write(std::to_string(i) + std::string(100, 'n'), ""));
    CHECK(disk.list("")->size() == 301);
    auto const file = disk.open("", O_RDONLY | O_DIRECTORY).value();
    std::uint64_t at = 0;
    dirent entry{};
    for (int i = 0; i < 150; ++i)
        CHECK(file->as_directory()->next(at, entry).value());
    std::uint64_t there = at;
    CHECK(file->as_directory()->next(at, entry).value());
    std::string const name = entry.d_name;
    CHECK(file->as_directory()->next(at, entry).value());
    CHECK(file->as_directory()->next(there, entry).value());
    CHECK(entry.d_name == name);
    for (std::uint64_t anywhere = 1; anywhere < 50'000; ++anywhere)
        static_cast<void>(file->as_directory()->next(at = anywhere, entry));
    CHECK_FALSE(file->as_directory()->next(at = ~std::uint64_t{0}, entry).value());
}
