#include "settings.hpp"

#include "../support/text.hpp"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <string_view>

namespace blkverify {

namespace {

constexpr char usage[] =
    "Usage: blkverify [OPTION...] DEVICE...\n"
    "Writes and reads random patterns of random sizes at random places of disks, and checks that\n"
    "every byte is what it must be. WHAT IS ON THE DISKS IS LOST, unless they are read-only.\n"
    "DEVICE is a name (xvda), a number (51712) or a path in XenStore (device/vbd/51712).\n"
    "  --time=SECONDS       go on for so long (30)\n"
    "  --count=N            or until so many requests were made of each disk\n"
    "  --depth=N            requests under way at a time, to each disk (16)\n"
    "  --largest=KIB        of a request (256)\n"
    "  --span=MIB           use the first so many MiB of each disk (64)\n"
    "  --on-loss=fail|wait  when a disk goes away: it is over, or wait for its return (fail)\n"
    "  --patience=SECONDS   how long to wait for that, or for an answer (60)\n"
    "  --allow-errors       requests may fail, as long as no data is wrong\n"
    "  --seed=N             make the same requests as another time (random)\n"
    "  --indirect=no        offer no indirect requests\n"
    "  --persistent=no      offer no persistent grants\n"
    "  --ring-pages=N       offer rings of so many pages, a power of two (1)\n"
    "  --queues=N           offer so many rings (1)\n";

/// An option with a number: where it goes, and what is possible.
struct NumberOption {
    std::string_view name;
    std::uint64_t least;
    std::uint64_t most;
    void (*set)(Settings& settings, std::uint64_t number);
};

constexpr NumberOption number_options[] = {
    {"--time", 1, 1'000'000, [](Settings& s, std::uint64_t n) { s.seconds = n; }},
    {"--count", 1, 1U << 30, [](Settings& s, std::uint64_t n) { s.count = n; }},
    {"--depth", 1, 256, [](Settings& s, std::uint64_t n) { s.depth = n; }},
    {"--largest", 4, 4096, [](Settings& s, std::uint64_t n) { s.largest_kib = n; }},
    {"--span", 1, 1 << 20, [](Settings& s, std::uint64_t n) { s.span_mib = n; }},
    {"--patience", 1, 100'000, [](Settings& s, std::uint64_t n) { s.patience_seconds = n; }},
    {"--seed", 0, UINT32_MAX, [](Settings& s, std::uint64_t n) { s.seed = n; }},
    {"--ring-pages", 1, grant::GrantedPages<Guest>::most_pages,
     [](Settings& s, std::uint64_t n) { s.offer.ring_pages = n; }},
    {"--queues", 1, blkfront::most_queues,
     [](Settings& s, std::uint64_t n) { s.offer.queues = n; }},
};

struct WordOption {
    std::string_view text;
    void (*set)(Settings& settings);
};

constexpr WordOption word_options[] = {
    {"--on-loss=fail", [](Settings& s) { s.on_loss = xenbus::OnLoss::fail_fast; }},
    {"--on-loss=wait", [](Settings& s) { s.on_loss = xenbus::OnLoss::reconnect; }},
    {"--allow-errors", [](Settings& s) { s.errors_allowed = true; }},
    {"--indirect=no", [](Settings& s) { s.offer.indirect = false; }},
    {"--indirect=yes", [](Settings& s) { s.offer.indirect = true; }},
    {"--persistent=no", [](Settings& s) { s.offer.persistent_grants = false; }},
    {"--persistent=yes", [](Settings& s) { s.offer.persistent_grants = true; }},
};

bool take_number(Settings& settings, NumberOption const& option, std::string_view text)
{
    auto const number = parse<std::uint64_t>(text);
    if (!number || *number < option.least || *number > option.most) {
        std::printf(
            "blkverify: %.*s takes a number from %" PRIu64 " to %" PRIu64 ", not \"%.*s\".\n",
            EXAMPLES_TEXT(option.name), option.least, option.most, EXAMPLES_TEXT(text));
        return false;
    }
    option.set(settings, *number);
    return true;
}

/// @return whether it made sense; if not, that has been said
bool take_option(Settings& settings, std::string_view argument)
{
    for (WordOption const& option : word_options) {
        if (argument != option.text)
            continue;
        option.set(settings);
        return true;
    }
    std::size_t const name_end = argument.find('=');
    std::string_view const name = argument.substr(0, name_end);
    for (NumberOption const& option : number_options)
        if (name == option.name && name_end != argument.npos)
            return take_number(settings, option, argument.substr(name_end + 1));
    std::printf("blkverify: there is no option %.*s; see --help.\n", EXAMPLES_TEXT(argument));
    return false;
}

/// @return what is wrong with the whole, or null
char const* objection(Settings const& settings)
{
    if (settings.disks.empty())
        return "which disk? Name one or more, such as xvda; see --help";
    if (settings.disks.size() > most_disks)
        return "too many disks; it takes 16";
    if (!std::has_single_bit(settings.offer.ring_pages))
        return "--ring-pages must be a power of two";
    return nullptr;
}

} // namespace

Parsed parse_arguments(std::span<char*> arguments)
{
    Settings settings;
    std::size_t used = 0;
    for (; used < arguments.size(); ++used) {
        std::string_view const argument = arguments[used];
        if (!argument.starts_with("-"))
            break;
        if (argument == "--help") {
            std::fputs(usage, stdout);
            return {settings, 0};
        }
        if (!take_option(settings, argument))
            return {settings, 2};
    }
    settings.disks = arguments.subspan(used);
    if (char const* const wrong = objection(settings)) {
        std::printf("blkverify: %s.\n", wrong);
        return {settings, 2};
    }
    if (!settings.seconds && !settings.count)
        settings.seconds = 30;
    return {settings, std::nullopt};
}

} // namespace blkverify
