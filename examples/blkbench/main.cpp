// Measures a disk, as fio does: a constant number of requests under way, of one kind.

#include "../support/open_disk.hpp"
#include "report.hpp"
#include <lodger/runtime/control.hpp>

namespace {

using namespace blkbench;

/// Opens the disk with memory for all requests at once.
bool open(Store& store, BlockDevice& device, Settings const& settings)
{
    char const* const wanted = settings.disks.empty() ? "xvda" : settings.disks[0];
    std::uint64_t const pages = (settings.block + page_size - 1) / page_size;
    blkfront::Options options{.offer = settings.offer};
    if (moves_data(settings.work))
        options.pool_pages = pages * settings.depth * settings.jobs;
    auto const opened = device.open(wanted, options, after(guest(), BlockDevice::connect_patience));
    if (!opened)
        examples::explain(store, device, wanted, opened.error());
    if (!opened && opened.error() == Errc::no_memory)
        std::printf(
            "  its requests take %" PRIu64 " KiB: give the guest more, or ask for less\n",
            options.pool_pages * page_size >> 10);
    return opened.has_value();
}

bool prepare(Jobs& jobs, BlockDevice& device, Settings const& settings)
{
    for (std::uint64_t i = 0; i < settings.jobs; ++i) {
        jobs.push_back(std::make_unique<Job>(device, settings, i));
        auto const prepared = jobs.back()->prepare();
        if (prepared)
            continue;
        bool const is_small = prepared.error() == Errc::out_of_range;
        std::printf(
            "blkbench: %.*s%s\n", EXAMPLES_TEXT(describe(prepared.error())),
            is_small ? ": the disk has no such block for every job" : "");
        return false;
    }
    return true;
}

void draw_status(Jobs const& jobs, Duration elapsed)
{
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
    std::size_t under_way = 0;
    for (auto const& job : jobs) {
        requests += job->latencies().total();
        bytes += job->bytes();
        under_way += job->under_way();
    }
    double const seconds = static_cast<double>(elapsed.count()) / 1e9;
    std::printf(
        "\r%6.1f s: %" PRIu64 " requests, %" PRIu64 " MiB, %.0f a second, %zu under way  ", seconds,
        requests, bytes >> 20, static_cast<double>(requests) / seconds, under_way);
    std::fflush(stdout);
}

/// Runs all jobs to their end, with a line that says how far they are.
void measure(Jobs const& jobs, Settings const& settings, bool const& is_asked_to_end)
{
    constexpr Duration redraw_interval = std::chrono::milliseconds{250};
    WaitQueue ended;
    Instant const start = guest().now();
    for (auto const& job : jobs)
        if (!job->start(start + settings.time, ended))
            std::printf("blkbench: no memory for a thread: fewer jobs, or more memory.\n");
    auto const is_over = [](auto const& job) { return job->is_over(); };
    while (!std::ranges::all_of(jobs, is_over)) {
        static_cast<void>(wait(guest(), ended, after(guest(), redraw_interval)));
        if (is_asked_to_end)
            std::ranges::for_each(jobs, [](auto const& job) { job->stop(); });
        draw_status(jobs, guest().now() - start);
    }
    std::printf("\n");
}

/// Has the run end early, with its report, when the toolstack asks for the guest's end.
bool const& heed_shutdown()
{
    static bool is_asked_to_end = false;
    auto& actions = runtime::control_actions();
    actions.poweroff = {[](void* flag) { *static_cast<bool*>(flag) = true; }, &is_asked_to_end};
    actions.halt = actions.poweroff;
    return is_asked_to_end;
}

bool run(Settings const& settings)
{
    bool const& is_asked_to_end = heed_shutdown();
    auto const store = runtime::xenstore();
    if (!store) {
        std::printf("XenStore: %.*s\n", EXAMPLES_TEXT(describe(store.error())));
        return false;
    }
    BlockDevice device{**store, runtime::grants()};
    if (!open(**store, device, settings))
        return false;
    examples::print_disk(device);
    Jobs jobs;
    if (!prepare(jobs, device, settings))
        return false;
    Snapshot const before{device};
    measure(jobs, settings, is_asked_to_end);
    Report const report{settings, jobs, before, Snapshot{device}};
    report.print();
    if (settings.json)
        report.print_json();
    jobs.clear();
    return device.close(after(guest(), BlockDevice::close_patience)) && report.is_good();
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
