#include "report.hpp"

#include <bit>

namespace blkbench {

namespace {

/// The shares of all requests, in thousandths, whose latency is told.
constexpr struct {
    std::uint64_t permille;
    char const* name;
} percentiles[] = {{500, "p50"}, {900, "p90"}, {990, "p99"}, {999, "p99.9"}};

double us(std::uint64_t ns)
{
    return static_cast<double>(ns) / 1e3;
}

} // namespace

Report::Report(
    Settings const& settings, Jobs const& jobs, Snapshot const& before, Snapshot const& after)
    : settings_{settings},
      elapsed_{after.at - before.at},
      cpu_{after.cpu - before.cpu},
      sleeps_{after.sleeps - before.sleeps},
      disk_{
          .completed = after.disk.completed - before.disk.completed,
          .notifications = after.disk.notifications - before.disk.notifications,
          .events = after.disk.events - before.disk.events,
          .grants = after.disk.grants - before.disk.grants}
{
    for (auto const& job : jobs) {
        latencies_ += job->latencies();
        bytes_ += job->bytes();
        errors_ += job->errors();
        differences_ += job->differences();
        if (!first_error_)
            first_error_ = job->first_error();
    }
}

double Report::per_second(std::uint64_t amount) const
{
    return static_cast<double>(amount) * 1e9 / static_cast<double>(elapsed_.count());
}

double Report::per_request(std::uint64_t amount) const
{
    return latencies_.total()
               ? static_cast<double>(amount) / static_cast<double>(latencies_.total())
               : 0;
}

void Report::print() const
{
    std::string_view const work = name(settings_.work);
    std::printf("%.*s", EXAMPLES_TEXT(work));
    if (moves_data(settings_.work))
        std::printf(
            " of %" PRIu64 " bytes, %s", settings_.block,
            settings_.from_heap ? "copied" : "in place");
    std::printf(
        ", %" PRIu64 " under way in %" PRIu64 " job%s, %.2f s\n", settings_.depth, settings_.jobs,
        settings_.jobs == 1 ? "" : "s", static_cast<double>(elapsed_.count()) / 1e9);
    std::printf(
        "  requests     %" PRIu64 ", %.0f a second", latencies_.total(),
        per_second(latencies_.total()));
    if (bytes_ > 0)
        std::printf(", %.1f MiB/s", per_second(bytes_) / (1 << 20));
    std::printf("\n");
    print_latencies();
    std::printf(
        "  per request  %.2f us of CPU, %.3f hypercalls (%.3f notifications), %.3f events, "
        "%.3f grants\n",
        us(static_cast<std::uint64_t>(cpu_.count())) /
            static_cast<double>(latencies_.total() + !latencies_.total()),
        per_request(sleeps_ + disk_.notifications), per_request(disk_.notifications),
        per_request(disk_.events), per_request(disk_.grants));
    if (errors_ > 0)
        std::printf(
            "  FAILED       %" PRIu64 ", the first with: %.*s\n", errors_,
            EXAMPLES_TEXT(describe(*first_error_)));
    if (differences_ > 0)
        std::printf(
            "  WRONG        %" PRIu64 " blocks do not hold what --verify writes\n", differences_);
}

void Report::print_latencies() const
{
    std::printf("  latency us   least %.1f", us(latencies_.least()));
    for (auto const& percentile : percentiles)
        std::printf(", %s %.1f", percentile.name, us(latencies_.permille(percentile.permille)));
    std::printf(", most %.1f\n", us(latencies_.most()));
    constexpr char bar[] = "##################################################";
    std::uint64_t const first = std::bit_floor(latencies_.least() | 1);
    for (std::uint64_t from = first; from <= latencies_.most(); from *= 2) {
        std::uint64_t const count = latencies_.between(from, from * 2);
        auto const percent = static_cast<unsigned>(count * 100 / latencies_.total());
        std::printf(
            "    to %9.1f  %3u %%  %.*s\n", us(from * 2), percent, static_cast<int>(percent / 2),
            bar);
    }
}

void Report::print_json() const
{
    std::printf(
        "{\"op\":\"%.*s\",\"bs\":%" PRIu64 ",\"depth\":%" PRIu64 ",\"jobs\":%" PRIu64
        ",\"buffers\":\"%s\",\"ns\":%" PRId64 ",\"requests\":%" PRIu64 ",\"bytes\":%" PRIu64
        ",\"errors\":%" PRIu64 ",\"wrong\":%" PRIu64 ",\"cpu_ns\":%" PRId64 ",\"sleeps\":%" PRIu64
        ",\"notifications\":%" PRIu64 ",\"events\":%" PRIu64 ",\"grants\":%" PRIu64,
        EXAMPLES_TEXT(name(settings_.work)), settings_.block, settings_.depth, settings_.jobs,
        settings_.from_heap ? "heap" : "pool", std::int64_t{elapsed_.count()}, latencies_.total(),
        bytes_, errors_, differences_, std::int64_t{cpu_.count()}, sleeps_, disk_.notifications,
        disk_.events, disk_.grants);
    std::printf(
        ",\"latency_ns\":{\"least\":%" PRIu64 ",\"most\":%" PRIu64, latencies_.least(),
        latencies_.most());
    for (auto const& percentile : percentiles)
        std::printf(",\"%s\":%" PRIu64, percentile.name, latencies_.permille(percentile.permille));
    std::printf("}}\n");
}

} // namespace blkbench
