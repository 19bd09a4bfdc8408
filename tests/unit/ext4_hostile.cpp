#include "support/ext4_mounted.hpp"

#include <random>

// File systems that somebody has damaged: what cannot be is an error, and not a crash.

using namespace lodger;
using namespace lodger::test;

namespace {

/// Looks at everything that can be reached, as deep as it makes sense.
void look(Mounted& disk, std::string const& directory, unsigned depth)
{
    auto const names = disk.list(directory);
    if (!names || depth > 5)
        return;
    for (std::string const& name : *names) {
        std::string const path = directory.empty() ? name : directory + "/" + name;
        auto const status = disk.status(path);
        if (!status)
            continue;
        if (S_ISDIR(status->st_mode))
            look(disk, path, depth + 1);
        else if (S_ISREG(status->st_mode) && status->st_size < 1 << 22)
            static_cast<void>(disk.read(path));
    }
}

void change(Mounted& disk)
{
    static_cast<void>(disk.system->unlink("large"));
    static_cast<void>(disk.write("new", std::string(50'000, 'n')));
    static_cast<void>(disk.system->make_directory("d/new", 0755));
    static_cast<void>(disk.system->rename("small", "d/other"));
}

} // namespace

TEST_CASE("a damaged file system is an error at most")
{
    char const* const kind = GENERATE("-t ext4 -O ^metadata_csum", "-t ext2 -b 1024");
    std::uint64_t const size = 4 << 20;
    Ext4Image image{kind, size};
    {
        Mounted disk{image};
        CHECK(disk.system->make_directory("d", 0755));
        CHECK(disk.write("d/file", "words"));
        CHECK(disk.write("large", std::string(400'000, 'l')));
        CHECK(disk.write("holes", "end", 900'000));
        CHECK(disk.write("small", "s"));
        CHECK(disk.system->symlink("d/file", "link"));
        CHECK(disk.unmount());
    }
    std::string const whole = image.contents();
    std::vector<std::size_t> used;
    for (std::size_t at = 0; at < whole.size(); ++at)
        if (whole[at] != 0 && whole[at] != 'l')
            used.push_back(at);
    std::mt19937 numbers{Catch::rngSeed()};
    for (int round = 0; round < 150; ++round) {
        INFO(kind << ", round " << round);
        std::string damaged = whole;
        for (unsigned count = 1 + numbers() % 6; count > 0; --count)
            damaged[used[numbers() % used.size()]] = static_cast<char>(numbers());
        image.set_contents(damaged);
        Mounted disk{image};
        if (!disk.system)
            continue;
        look(disk, "", 0);
        change(disk);
        look(disk, "", 0);
        static_cast<void>(disk.unmount());
    }
}

TEST_CASE("what is in an inode may be longer than a block")
{
    Ext4Image image{"-t ext4 -O inline_data,ea_inode,^metadata_csum -b 1024", 4 << 20};
    image.debugfs("write /dev/null file");
    image.debugfs("ea_set file user.data " + std::string(1024, 'w'));
    image.debugfs("sif file size 1084");
    // "user.data" (1) and "system.data" (7), which is the file's, change places.
    std::string bytes = image.contents();
    for (std::size_t at = bytes.find("data"); at != bytes.npos; at = bytes.find("data", at + 1))
        if (char& index = bytes[at - 15]; bytes[at - 16] == 4 && (index == 1 || index == 7))
            index ^= 1 ^ 7;
    image.set_contents(bytes);
    Mounted disk{image, {.read_only = true}};
    CHECK(disk.read("file").value() == std::string(60, '\0') + std::string(1024, 'w'));
}

TEST_CASE("an inode does not have what its file system has not")
{
    Ext4Image image{"-t ext4", 4 << 20};
    image.debugfs("mkdir d");
    image.debugfs("sif d flags 0x10000000");
    Mounted disk{image};
    CHECK(disk.status("d").error() == Errc::io);
    CHECK(disk.system->make_directory("d/d", 0755).error() == Errc::io);
}
