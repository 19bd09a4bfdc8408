#include "support/ext4_mounted.hpp"

// What is not mounted, or only to be read, and why; disks that fail.

using namespace lodger;
using namespace lodger::test;

namespace {

void expect_refusal(
    Ext4Image& image, Errc error, std::string const& words, ext4::Options const& options = {})
{
    std::string const before = image.contents();
    {
        Mounted const disk{image, options};
        CHECK(disk.error == error);
        CHECK_THAT(disk.why, Catch::Contains(words));
    }
    CHECK(image.writes == 0);
    CHECK(image.contents() == before);
}

} // namespace

TEST_CASE("a file system that e2fsck has to see first is not written")
{
    auto const [request, words] = GENERATE(table<std::string, std::string>({
        {"feature needs_recovery", "journal"},
        {"ssv state 0", "not unmounted"},
        {"ssv state 3", "errors"},
        {"ssv last_orphan 12", "deleted while they were open"},
    }));
    Ext4Image image{"-t ext4"};
    image.debugfs(request);
    expect_refusal(image, Errc::not_permitted_now, words);
    expect_refusal(image, Errc::not_permitted_now, "e2fsck -f");
    if (request == "feature needs_recovery")
        expect_refusal(image, Errc::not_permitted_now, words, {.read_only = true});
    Mounted disk{image, {.unrecovered = true}};
    REQUIRE(disk.system);
    CHECK(disk.list("").value() == std::set<std::string>{"lost+found"});
    CHECK(disk.write("a", "b").error() == Errc::read_only);
    CHECK(disk.unmount());
    CHECK(image.writes == 0);
}

TEST_CASE("features that are not known are named")
{
    auto const [options, names] = GENERATE(table<std::string, std::string>({
        {"-t ext4 -O encrypt", "encrypt"},
        {"-t ext4 -O casefold", "casefold"},
        {"-t ext4 -O mmp", "mmp"},
    }));
    Ext4Image image{options};
    expect_refusal(image, Errc::unsupported, "not supported: " + names, {.read_only = true});
}

TEST_CASE("features that cannot be written are named, and can be read")
{
    auto const [options, names] = GENERATE(table<std::string, std::string>({
        {"-t ext4 -O bigalloc", "bigalloc"},
        {"-t ext4 -O quota", "quota"},
        {"-t ext4 -O inline_data", "inline_data"},
    }));
    Ext4Image image{options};
    image.debugfs("write /etc/hostname name");
    expect_refusal(image, Errc::unsupported, "can only be read: " + names);
    Mounted disk{image, {.read_only = true}};
    REQUIRE(disk.system);
    CHECK(disk.read("name").has_value());
}

TEST_CASE("what is no file system is none")
{
    Ext4Image image{""};
    expect_refusal(image, Errc::protocol, "no ext2");
    image.set_contents(std::string(16 << 20, '\xff'));
    expect_refusal(image, Errc::protocol, "no ext2");
    Ext4Image small{"", 1024};
    expect_refusal(small, Errc::protocol, "no ext2");
}

TEST_CASE("a file system that is larger than its disk is refused")
{
    Ext4Image image{"-t ext4"};
    Ext4Image shorter{"", 8 << 20};
    shorter.set_contents(image.contents().substr(0, 8 << 20));
    expect_refusal(shorter, Errc::protocol, "larger than its disk");
}

TEST_CASE("a read-only disk is mounted to be read")
{
    Ext4Image image{"-t ext4"};
    image.is_read_only = true;
    expect_refusal(image, Errc::read_only, "mount it read-only");
    Mounted disk{image, {.read_only = true}};
    CHECK(disk.list("").has_value());
    CHECK(disk.unmount());
}

TEST_CASE("a disk says from the first change on that it is in use, until it is unmounted")
{
    Ext4Image image{"-t ext4"};
    {
        Mounted disk{image};
        CHECK(disk.list("").has_value());
        CHECK(image.writes == 0);
        CHECK(disk.write("a", "b"));
        CHECK(image.flushes > 0);
        // What is on the disk if the guest ends here.
        CHECK_THAT(image.debugfs("show_super_stats -h"), Catch::Contains("not clean"));
        CHECK(disk.unmount());
    }
    CHECK_THAT(
        image.debugfs("show_super_stats -h"),
        Catch::Contains("clean") && !Catch::Contains("not clean"));
    CHECK(image.faults() == "");
}

TEST_CASE("what was synced outlives the guest, and e2fsck repairs the rest")
{
    Ext4Image image{"-t ext4"};
    Mounted disk{image};
    CHECK(disk.write("kept", std::string(100'000, 'k')));
    CHECK(disk.system->sync());
    std::string const at_sync = image.contents();
    CHECK(disk.write("lost", std::string(200'000, 'l')));
    Ext4Image after{""};
    after.set_contents(at_sync);
    CHECK_THAT(
        output_of("/sbin/e2fsck -n " + after.path()), Catch::Contains("not cleanly unmounted"));
    CHECK(after.faults() == "");
    Ext4Image later{""};
    later.set_contents(image.contents());
    output_of("/sbin/e2fsck -fy " + later.path());
    CHECK(later.faults() == "");
    Mounted repaired{later};
    CHECK(repaired.read("kept").value() == std::string(100'000, 'k'));
}

TEST_CASE("a disk that takes no more writes is said so, and nothing more is changed")
{
    std::size_t const writes = GENERATE(0, 1, 2, 3, 5, 8, 13);
    Ext4Image image{"-t ext4"};
    {
        Mounted disk{image};
        image.writes_left = writes;
        Result<> outcome;
        for (int i = 0; outcome && i < 50; ++i) {
            outcome = disk.write("f" + std::to_string(i), std::string(90'000, 'x'));
            if (outcome)
                outcome = disk.system->sync();
        }
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error() == Errc::io);
        CHECK(disk.write("g", "x").error() == Errc::read_only);
        image.writes_left = 1000;
        CHECK_FALSE(disk.unmount());
    }
    if (image.writes > 0) // Nobody takes it for one that was unmounted.
        CHECK_THAT(image.debugfs("show_super_stats -h"), Catch::Contains("not clean"));
}

TEST_CASE("what cannot be read is an error of its own, and the rest can be read")
{
    Ext4Image image{"-t ext4 -b 4096"};
    {
        Mounted disk{image};
        CHECK(disk.write("a", std::string(200'000, 'a')));
        CHECK(disk.write("b", "b"));
        CHECK(disk.unmount());
    }
    std::string const block = image.debugfs("bmap a 20");
    Mounted disk{image};
    image.bad_read = std::stoull(block.substr(block.rfind('\n', block.size() - 2) + 1)) * 4096;
    CHECK(disk.read("a").error() == Errc::io);
    CHECK(disk.read("b").value() == "b");
    CHECK(disk.write("c", "c"));
    auto const open = disk.open("b").value();
    CHECK(open->size() == 1u);
    CHECK(disk.system->unmounted());
    CHECK(open->size().error() == Errc::disconnected);
}

TEST_CASE("what cannot be written is not in the way of what is read")
{
    Ext4Image image{"-t ext4"};
    Mounted disk{image, {.cache_bytes = 1}}; // The least there is.
    std::string const large(1'000'000, 'l');
    CHECK(disk.write("large", large));
    CHECK(disk.write("small", "old"));
    CHECK(disk.system->sync());
    image.writes_left = 0;
    CHECK(disk.write("small", "new"));
    auto const file = disk.open("large").value();
    std::string part(5000, '\0');
    for (std::size_t at = 0; at + part.size() <= large.size(); at += part.size())
        REQUIRE(file->read(at, std::as_writable_bytes(std::span{part})).value() == part.size());
    CHECK(disk.read("small").value() == "new");
    CHECK(disk.system->sync().error() == Errc::io);
    CHECK(disk.read("small").value() == "new");
    CHECK(file->read(0, std::as_writable_bytes(std::span{part})).value() == part.size());
}

TEST_CASE("a write that is not supported is not taken for a flush that is not")
{
    Ext4Image image{"-t ext4"};
    Mounted disk{image};
    CHECK(disk.write("a", "a"));
    CHECK(disk.system->sync());
    image.writes_left = 0;
    image.failure = Errc::unsupported;
    CHECK(disk.write("b", "b"));
    CHECK(disk.system->sync().error() == Errc::io);
    CHECK(disk.write("c", "c").error() == Errc::read_only);
    CHECK_FALSE(disk.unmount());
}
