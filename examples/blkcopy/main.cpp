// Copies one disk to another, flushes it, then reads both again and compares them.

#include "../support/open_disk.hpp"
#include "../support/progress.hpp"
#include "../support/read_ahead.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace {

using namespace examples;

constexpr char usage[] =
    "Usage: blkcopy SOURCE DESTINATION\n"
    "Copies all of disk SOURCE to the start of disk DESTINATION and verifies the copy.\n"
    "A disk is given as a name (xvda), a number (51712) or a path (device/vbd/51712).\n";

bool fits(BlockDevice const& source, BlockDevice const& destination)
{
    if (destination.disk()->is_read_only) {
        std::printf("The destination is read-only.\n");
        return false;
    }
    if (source.disk()->size > destination.disk()->size) {
        std::printf(
            "The destination is too small: %" PRIu64 " bytes, the source has %" PRIu64 ".\n",
            destination.disk()->size, source.disk()->size);
        return false;
    }
    if (source.disk()->size % destination.disk()->sector_size != 0) {
        std::printf("The source does not end with a whole sector of the destination.\n");
        return false;
    }
    return true;
}

Result<> copy(BlockDevice& source, BlockDevice& destination)
{
    ReadAhead reader{source};
    Progress progress{source.disk()->size};
    for (std::uint64_t offset = 0;;) {
        std::span<std::byte const> const bytes = LODGER_TRY(reader.next());
        if (bytes.empty())
            break;
        LODGER_TRY(
            blkfront::write(destination, offset, bytes, after(guest(), ReadAhead::patience)));
        offset += bytes.size();
        progress.advance(bytes.size());
    }
    progress.finish("Copied");
    return {};
}

/// Has the copy outlive a power failure, where the destination has a way to say that it does.
Result<> make_durable(BlockDevice& destination)
{
    auto const durability =
        LODGER_TRY(blkfront::flush(destination, after(guest(), ReadAhead::patience)));
    bool const is_durable = durability == blkfront::Durability::durable;
    std::printf(
        "%s\n", is_durable ? "Flushed to stable storage"
                           : "The destination cannot say whether it is on stable storage");
    return {};
}

/// @return whether the destination now begins with what the source holds
Result<bool> is_equal(BlockDevice& source, BlockDevice& destination)
{
    ReadAhead left{source};
    ReadAhead right{destination};
    Progress progress{source.disk()->size};
    for (std::uint64_t offset = 0;;) {
        auto const expected = LODGER_TRY(left.next());
        if (expected.empty())
            break;
        auto const copied = LODGER_TRY(right.next());
        if (copied.size() < expected.size() ||
            std::memcmp(copied.data(), expected.data(), expected.size()) != 0) {
            std::printf(
                "\nThe copy differs in the part that begins at byte %" PRIu64 ".\n", offset);
            return false;
        }
        offset += expected.size();
        progress.advance(expected.size());
    }
    progress.finish("Verified");
    return true;
}

bool copy_and_verify(BlockDevice& source, BlockDevice& destination)
{
    auto const copied = copy(source, destination);
    if (!copied) {
        std::printf("\nCopying failed: %.*s\n", EXAMPLES_TEXT(describe(copied.error())));
        return false;
    }
    auto const flushed = make_durable(destination);
    if (!flushed) {
        std::printf("Flushing failed: %.*s\n", EXAMPLES_TEXT(describe(flushed.error())));
        return false;
    }
    auto const equal = is_equal(source, destination);
    if (!equal)
        std::printf("\nVerifying failed: %.*s\n", EXAMPLES_TEXT(describe(equal.error())));
    return equal && *equal;
}

bool run(char const* from, char const* to)
{
    auto const store = runtime::xenstore();
    if (!store) {
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(store.error())));
        return false;
    }
    BlockDevice source{**store, runtime::grants()};
    BlockDevice destination{**store, runtime::grants()};
    if (!open_disk(**store, source, from) || !open_disk(**store, destination, to))
        return false;
    print_disk(source);
    print_disk(destination);
    bool good = fits(source, destination) && copy_and_verify(source, destination);
    for (BlockDevice* const device : {&source, &destination})
        good = device->close(after(guest(), BlockDevice::close_patience)).has_value() && good;
    return good;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::fputs(usage, stdout);
        return argc == 2 && std::strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    bool const good = run(argv[1], argv[2]);
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
