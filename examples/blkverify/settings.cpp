#include "settings.hpp"

#include <bit>

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

using Number = examples::NumberOption<Settings>;
using Word = examples::WordOption<Settings>;

constexpr Number numbers[] = {
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

constexpr Word words[] = {
    {"--on-loss=fail", [](Settings& s) { s.on_loss = xenbus::OnLoss::fail_fast; }},
    {"--on-loss=wait", [](Settings& s) { s.on_loss = xenbus::OnLoss::reconnect; }},
    {"--allow-errors", [](Settings& s) { s.errors_allowed = true; }},
    {"--indirect=no", [](Settings& s) { s.offer.indirect = false; }},
    {"--indirect=yes", [](Settings& s) { s.offer.indirect = true; }},
    {"--persistent=no", [](Settings& s) { s.offer.persistent_grants = false; }},
    {"--persistent=yes", [](Settings& s) { s.offer.persistent_grants = true; }},
};

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

examples::Parsed<Settings> parse_arguments(std::span<char*> arguments)
{
    auto parsed = examples::parse_arguments<Settings>(
        {"blkverify", usage, numbers, words, objection}, arguments);
    if (!parsed.settings.seconds && !parsed.settings.count)
        parsed.settings.seconds = 30;
    return parsed;
}

} // namespace blkverify
