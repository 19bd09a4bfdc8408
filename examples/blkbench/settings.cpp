#include "settings.hpp"

#include <bit>

namespace blkbench {

namespace {

using Number = examples::NumberOption<Settings>;
using Word = examples::WordOption<Settings>;

constexpr char usage[] =
    "Usage: blkbench [OPTION...] [DEVICE]\n"
    "Measures a disk: requests and bytes a second, how long requests take, and what they cost.\n"
    "WRITING AND TRIMMING DESTROY WHAT IS ON THE DISK.\n"
    "DEVICE is a name (xvda, the default), a number (51712) or a path (device/vbd/51712).\n"
    "  --op=WORK          read, write, randread, randwrite, randrw, flush or trim (randread)\n"
    "  --bs=BYTES         of a request, as in 512, 4k or 1m (4k)\n"
    "  --depth=N          requests under way at a time, of each job (32)\n"
    "  --jobs=N           threads that make requests (1)\n"
    "  --time=T           go on for so long, as in 5, 5s or 500ms (5)\n"
    "  --count=N          or until each job has made so many requests\n"
    "  --buffers=WHERE    pool: data stays where the backend has put it; heap: it is copied from\n"
    "                     and to memory elsewhere, as with read() and write() (pool)\n"
    "  --verify           write blocks that are known by their place; what is read must be such\n"
    "  --json             end with one line for programs\n"
    "  --persistent=no    offer no persistent grants\n"
    "  --indirect=no      offer no indirect requests\n"
    "  --ring-pages=N     offer rings of so many pages, a power of two (1)\n"
    "  --queues=N         offer so many rings (1)\n";

constexpr Number numbers[] = {
    {"--bs", 512, 16 << 20, [](Settings& s, std::uint64_t n) { s.block = n; },
     examples::byte_units},
    {"--depth", 1, 1024, [](Settings& s, std::uint64_t n) { s.depth = n; }},
    {"--jobs", 1, 64, [](Settings& s, std::uint64_t n) { s.jobs = n; }},
    {"--time", 1, 1'000'000'000,
     [](Settings& s, std::uint64_t n) { s.time = std::chrono::milliseconds{n}; },
     examples::time_units},
    {"--count", 1, 1U << 31,
     [](Settings& s, std::uint64_t n) {
         s.count = n;
         s.time = std::chrono::hours{24};
     }},
    {"--ring-pages", 1, grant::GrantedPages<Guest>::most_pages,
     [](Settings& s, std::uint64_t n) { s.offer.ring_pages = n; }},
    {"--queues", 1, blkfront::most_queues,
     [](Settings& s, std::uint64_t n) { s.offer.queues = n; }},
};

template <Work work>
void set_work(Settings& settings)
{
    settings.work = work;
}

constexpr Word words[] = {
    {"--op=read", set_work<Work::read>},
    {"--op=write", set_work<Work::write>},
    {"--op=randread", set_work<Work::randread>},
    {"--op=randwrite", set_work<Work::randwrite>},
    {"--op=randrw", set_work<Work::randrw>},
    {"--op=flush", set_work<Work::flush>},
    {"--op=trim", set_work<Work::trim>},
    {"--buffers=pool", [](Settings& s) { s.from_heap = false; }},
    {"--buffers=heap", [](Settings& s) { s.from_heap = true; }},
    {"--verify", [](Settings& s) { s.verify = true; }},
    {"--json", [](Settings& s) { s.json = true; }},
    {"--persistent=no", [](Settings& s) { s.offer.persistent_grants = false; }},
    {"--persistent=yes", [](Settings& s) { s.offer.persistent_grants = true; }},
    {"--indirect=no", [](Settings& s) { s.offer.indirect = false; }},
    {"--indirect=yes", [](Settings& s) { s.offer.indirect = true; }},
};

char const* objection(Settings const& settings)
{
    if (settings.disks.size() > 1)
        return "one disk at a time";
    if (settings.block % 512 != 0)
        return "--bs must be a multiple of 512";
    if (!std::has_single_bit(settings.offer.ring_pages))
        return "--ring-pages must be a power of two";
    return nullptr;
}

} // namespace

examples::Parsed<Settings> parse_arguments(std::span<char*> arguments)
{
    return examples::parse_arguments<Settings>(
        {"blkbench", usage, numbers, words, objection}, arguments);
}

} // namespace blkbench
