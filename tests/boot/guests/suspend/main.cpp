/// Does what the host asks for in `data/command`, says so in `data/answer`, and prints what it has:
/// a guest to be saved, restored and asked to end.
#include <lodger/event/event_channel.hpp>
#include <lodger/grant/granted_pages.hpp>
#include <lodger/runtime/balloon.hpp>
#include <lodger/runtime/services.hpp>
#include <lodger/runtime/thread.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>

using namespace lodger;
using namespace std::chrono_literals;

namespace {

/// What a device would hold: void once the guest was restored, and then made again.
struct Holdings {
    std::optional<grant::GrantedPages<Guest>> pages;
    std::optional<event::EventChannel<Guest>> channel;
    std::uint32_t incarnation = 0;

    Result<> make()
    {
        pages.emplace(LODGER_TRY(grant::GrantedPages<Guest>::create(
            runtime::grants(), Domain{0}, 2, Access::read_write)));
        channel.emplace(LODGER_TRY(event::EventChannel<Guest>::allocate(guest(), Domain{0})));
        LODGER_TRY(channel->listen({[](void*) {}, nullptr}));
        incarnation = guest().incarnation();
        return {};
    }
    Result<> make_again()
    {
        if (incarnation == guest().incarnation())
            return channel->notify();
        pages.reset();
        channel.reset();
        return make();
    }
};

std::size_t count_watches(Store& store)
{
    std::size_t count = 0;
    for (auto const* watch = store.connection().session().watches().first(); watch;
         watch = watch->next())
        ++count;
    return count;
}

/// Notices a clock that goes back or jumps ahead, while others wait, sleep and are saved.
struct Clock {
    unsigned ticks = 0;
    Duration longest{};

    void run()
    {
        for (Instant last = guest().now();; ++ticks) {
            guest().sleep_until(last + 50ms);
            Duration const took = guest().now() - last;
            last += took;
            longest = std::max(longest, took);
            if (took < 50ms)
                std::printf("FAILED the clock went back\n");
        }
    }
};

Result<> serve(Store& store, Clock& clock)
{
    Holdings holdings;
    LODGER_TRY(holdings.make());
    auto watch = LODGER_TRY(store.watch("data/command"));
    std::array<char, 64> buffer;
    while (true) {
        LODGER_TRY(watch.wait(Deadline::never()));
        auto const command = store.read("data/command", buffer);
        if (!command)
            continue;
        unsigned const ticks = clock.ticks;
        guest().sleep_until(guest().now() + 200ms);
        LODGER_TRY(holdings.make_again());
        std::printf(
            "%.*s: restored %u, ports %zu, watches %zu, grants %zu, ballooned %zu KiB, %s\n",
            static_cast<int>(command->size()), command->data(), unsigned{guest().incarnation()},
            guest().scheduler().ports().ports().size(), count_watches(store),
            runtime::grants().in_use(), runtime::ballooned_pages() * 4,
            clock.ticks > ticks ? "time goes on" : "time stands still");
        std::printf(
            "time %lld, longest tick %lld ms\n", static_cast<long long>(std::time(nullptr)),
            static_cast<long long>(clock.longest / 1ms));
        LODGER_TRY(store.write("data/answer", *command));
    }
}

Result<> run()
{
    Store* const store = LODGER_TRY(runtime::xenstore());
    static Clock clock;
    auto thread = LODGER_TRY(runtime::spawn({"clock"}, [] { clock.run(); }));
    thread.detach();
    return serve(*store, clock);
}

} // namespace

int main()
{
    std::atexit([] { std::printf("atexit\n"); });
    auto const served = run();
    std::printf("Failed: %s\n", describe(served.error()).data());
    return 1;
}
