// Exercises disks with random requests, keeps account of what must be on them, and judges.

#include "../support/open_disk.hpp"
#include "gathering.hpp"
#include "holdings.hpp"
#include <lodger/runtime/control.hpp>

#include <cinttypes>
#include <cstdio>
#include <optional>

namespace {

using namespace blkverify;

/// Seconds and thousandths since the guest's exercise began.
struct Elapsed {
    Instant start = guest().now();

    std::uint64_t ms(Instant at) const
    {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(at - start).count());
    }
};

char const* name_of(blkfront::Change change)
{
    switch (change) {
    case blkfront::Change::connected: return "connected";
    case blkfront::Change::lost: return "lost";
    case blkfront::Change::resized: return "resized";
    case blkfront::Change::ended: return "ended";
    }
    return "";
}

void print_changes(Exercisers const& disks, Elapsed const& elapsed)
{
    for (auto const& disk : disks)
        disk->changes().take([&](Changes::Entry const& entry) {
            if (entry.at < elapsed.start)
                return; // It has been opened.
            std::uint64_t const ms = elapsed.ms(entry.at);
            std::printf(
                "\n%" PRIu64 ".%03u s: %s is %s, %zu requests under way\n", ms / 1000,
                static_cast<unsigned>(ms % 1000), disk->name(), name_of(entry.change),
                entry.under_way);
        });
}

char const* condition_of(Exerciser const& disk)
{
    switch (disk.stage()) {
    case Exerciser::Stage::over: return "done";
    case Exerciser::Stage::reading_back: return "reads back";
    case Exerciser::Stage::random: break;
    }
    return disk.device().is_connected() ? "exercises" : "is lost";
}

void draw_status(Exercisers const& disks, Elapsed const& elapsed)
{
    std::uint64_t const ms = elapsed.ms(guest().now());
    std::printf("\r%4" PRIu64 ".%u s", ms / 1000, static_cast<unsigned>(ms % 1000 / 100));
    for (auto const& disk : disks) {
        Tally const& tally = disk->tally();
        std::printf(
            "  %s %s: %" PRIu64 " requests, %" PRIu64 " MiB, %zu under way, %" PRIu64 " errors",
            disk->name(), condition_of(*disk), tally.requests(), tally.bytes >> 20,
            disk->under_way(), tally.errors + tally.differences);
    }
    std::printf("  ");
    std::fflush(stdout);
}

/// Has a flag set when the toolstack asks for the guest's end, instead of ending at once.
void heed_shutdown(bool& is_asked)
{
    auto& actions = runtime::control_actions();
    actions.poweroff = {[](void* flag) { *static_cast<bool*>(flag) = true; }, &is_asked};
    actions.halt = actions.poweroff;
}

/// Runs all disks' exercises to their end, with a line that says how far they are.
void exercise(Exercisers const& disks, Settings const& settings, bool const& is_asked_to_end)
{
    constexpr Duration redraw_interval = std::chrono::milliseconds{250};
    Elapsed const elapsed;
    Instant const end =
        settings.seconds ? elapsed.start + std::chrono::seconds{*settings.seconds} : Instant::max();
    auto const is_over = [](auto const& disk) { return disk->stage() == Exerciser::Stage::over; };
    while (!std::ranges::all_of(disks, is_over)) {
        auto const& running = *std::ranges::find_if_not(disks, is_over);
        static_cast<void>(running->wait(after(guest(), redraw_interval)));
        if (is_asked_to_end || guest().now() >= end)
            std::ranges::for_each(disks, [](auto const& disk) { disk->stop(); });
        print_changes(disks, elapsed);
        draw_status(disks, elapsed);
    }
    std::printf("\n");
}

bool close_all(Exercisers const& disks)
{
    bool good = true;
    for (auto const& disk : disks)
        good = disk->close() && good;
    for (auto const& disk : disks)
        good = disk->judge() && good;
    return good;
}

void print_verdict(bool good, Tally const& sum, Holdings const& before, Holdings const& after)
{
    std::printf(
        "blkverify: %s: %" PRIu64 " requests (%" PRIu64 " reads, %" PRIu64 " writes, %" PRIu64
        " flushes), %" PRIu64 " bytes; %" PRIu64 " errors, %" PRIu64 " wrong sectors, %" PRIu64
        " losses, %" PRIu64 " returns\n",
        good ? "PASS" : "FAIL", sum.requests(), sum.reads, sum.writes, sum.flushes, sum.bytes,
        sum.errors, sum.differences, sum.losses, sum.returns);
    std::printf(
        "  in use before and after: ports %zu %zu, grants %zu %zu, watches %zu %zu; quarantined "
        "pages %zu\n",
        before.ports, after.ports, before.grants, after.grants, before.watches, after.watches,
        after.quarantined - before.quarantined);
}

bool run(Settings const& settings)
{
    static bool is_asked_to_end = false;
    heed_shutdown(is_asked_to_end);
    auto const store = runtime::xenstore();
    if (!store) {
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(store.error())));
        return false;
    }
    Holdings const before = Holdings::now(**store);
    std::optional<Gathering> gathering{std::in_place, **store, settings};
    Exercisers const& disks = gathering->exercisers();
    bool good = gathering->prepare();
    for (auto const& disk : disks)
        good = good && disk->start();
    if (good)
        exercise(disks, settings, is_asked_to_end);
    good = close_all(disks) && good;
    Tally sum;
    for (auto const& disk : disks)
        sum += disk->tally();
    gathering.reset();
    Holdings const after = Holdings::now(**store);
    if (!after.has_no_more_than(before)) {
        std::printf("Something was not given back.\n");
        good = false;
    }
    print_verdict(good, sum, before, after);
    return good;
}

} // namespace

int main(int argc, char** argv)
{
    auto const parsed = parse_arguments({argv + 1, static_cast<std::size_t>(argc - 1)});
    if (parsed.exit_status)
        return *parsed.exit_status;
    bool const good = run(parsed.settings);
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
