#include "script.hpp"

#include "../support/open_disk.hpp"

#include <vector>

namespace examples {

using namespace lodger;

namespace {

std::optional<std::string> read_ram_disk()
{
    for (auto const bytes : guest().boot_info().modules)
        return std::string{reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    std::printf("This guest has no RAM disk: give it one with ramdisk= of its xl "
                "configuration.\n");
    return std::nullopt;
}

Result<std::string> read_text(BlockDevice& device)
{
    std::string text;
    std::vector<std::byte> part(64 << 10);
    std::uint64_t const size = device.disk()->size;
    for (std::uint64_t at = 0; at < size; at += part.size()) {
        part.resize(std::min<std::uint64_t>(part.size(), size - at));
        LODGER_TRY(blkfront::read(device, at, std::span{part}, Deadline::never()));
        auto const end = std::ranges::find(part, std::byte{});
        text.append(
            reinterpret_cast<char const*>(part.data()),
            static_cast<std::size_t>(end - part.begin()));
        if (end != part.end())
            break;
    }
    return text;
}

} // namespace

std::optional<std::string> read_script(std::string const& from)
{
    if (from == "ramdisk")
        return read_ram_disk();
    auto const store = runtime::xenstore();
    if (!store)
        return std::nullopt; // The database's disk has been opened with it.
    BlockDevice device{**store, runtime::grants()};
    if (!open_disk(**store, device, from.c_str()))
        return std::nullopt;
    auto const text = read_text(device);
    if (text)
        return *text;
    std::printf("%s: %.*s\n", from.c_str(), EXAMPLES_TEXT(describe(text.error())));
    return std::nullopt;
}

} // namespace examples
