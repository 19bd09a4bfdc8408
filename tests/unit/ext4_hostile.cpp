#include "support/ext4_mounted.hpp"

#include <cstring>
#include <ext2fs/ext2fs.h>
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

constexpr std::size_t small_block = 1024;

/// The first block of a file, on a disk of small ones.
std::uint32_t block_of(Ext4Image const& image, std::string const& file)
{
    std::string const said = image.debugfs("bmap " + file + " 0");
    return static_cast<std::uint32_t>(std::stoul(said.substr(said.find('\n'))));
}

/// Where an inode says what its blocks are.
std::size_t map_of(Ext4Image const& image, std::string const& file)
{
    std::string const said = image.debugfs("imap " + file);
    std::size_t block = 0;
    std::size_t offset = 0;
    char const* const place = std::strstr(said.c_str(), "located");
    REQUIRE(place);
    REQUIRE(std::sscanf(place, "located at block %zu, offset 0x%zx", &block, &offset) == 2);
    return block * small_block + offset + offsetof(ext2_inode, i_block);
}

/// A node that leads to the same block again and again, be it another node or data.
void put_node(std::string& bytes, std::size_t at, std::size_t room, unsigned depth, unsigned to)
{
    static_assert(sizeof(ext3_extent) == sizeof(ext3_extent_idx));
    static_assert(sizeof(ext3_extent) == sizeof(ext3_extent_header));
    auto const count = static_cast<__u16>(room / sizeof(ext3_extent) - 1); // One is its header.
    ext3_extent_header const header{EXT3_EXT_MAGIC, count, count, static_cast<__u16>(depth), 0};
    std::memcpy(&bytes[at], &header, sizeof header);
    for (std::size_t i = 0; i < count; ++i) {
        at += sizeof(ext3_extent);
        ext3_extent const leaf{0, 1, 0, to};
        ext3_extent_idx const index{i == 0 ? 0 : ~0u, to, 0, 0};
        std::memcpy(&bytes[at], depth == 0 ? &leaf : static_cast<void const*>(&index), sizeof leaf);
    }
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

TEST_CASE("a tree that leads to the same places again and again is not followed")
{
    Ext4Image image{"-t ext4 -O ^metadata_csum -b 1024", 4 << 20};
    {
        Mounted disk{image};
        for (char const* const name : {"1", "2", "3", "file", "deep"})
            CHECK(disk.write(name, "words"));
        CHECK(disk.system->make_directory("d", 0755));
        CHECK(disk.unmount());
    }
    std::string bytes = image.contents();
    for (char const* const name : {"file", "d"})
        put_node(bytes, map_of(image, name), sizeof(ext2_inode::i_block), 3, block_of(image, "1"));
    put_node(bytes, block_of(image, "1") * small_block, small_block, 2, block_of(image, "2"));
    put_node(bytes, block_of(image, "2") * small_block, small_block, 1, block_of(image, "3"));
    put_node(bytes, block_of(image, "3") * small_block, small_block, 0, block_of(image, "d"));
    put_node(bytes, map_of(image, "deep"), sizeof(ext2_inode::i_block), 6, block_of(image, "1"));
    image.set_contents(bytes);
    image.debugfs("sif file size 1048576");
    Mounted disk{image};
    CHECK(disk.status("deep").error() == Errc::io);
    CHECK(disk.list("d").error() == Errc::io);
    CHECK(disk.status("d/file").error() == Errc::io);
    CHECK(disk.read("file").error() == Errc::io);
    CHECK(disk.system->unlink("file").error() == Errc::io);
}

TEST_CASE("a directory has no more blocks than its disk")
{
    Ext4Image image{"-t ext2 -b 1024", 4 << 20};
    {
        Mounted disk{image};
        CHECK(disk.write("node", "words"));
        CHECK(disk.system->make_directory("d", 0755));
        CHECK(disk.unmount());
    }
    std::string bytes = image.contents();
    std::array<std::uint32_t, small_block / sizeof(std::uint32_t)> blocks;
    blocks.fill(block_of(image, "node"));
    std::memcpy(&bytes[map_of(image, "d") + EXT2_DIND_BLOCK * 4], &blocks, sizeof blocks[0]);
    std::memcpy(&bytes[block_of(image, "node") * small_block], &blocks, sizeof blocks);
    image.set_contents(bytes);
    Mounted disk{image};
    CHECK(disk.status("d/file").error() == Errc::io);
    CHECK(disk.list("d").error() == Errc::io);
}

TEST_CASE("what the library finds wrong is an error of reading to programs")
{
    Ext4Image image{"-t ext4 -O ^metadata_csum -b 1024", 4 << 20};
    image.debugfs("mkdir d");
    std::string bytes = image.contents();
    bytes[block_of(image, "d") * small_block + offsetof(ext2_dir_entry, rec_len)] = 1;
    image.set_contents(bytes);
    Mounted disk{image};
    CHECK(disk.list("d").error() == Errc::io);
    CHECK(disk.status("d/file").error() == Errc::io);
    CHECK(disk.write("d/file", "words").error() == Errc::io);
}
