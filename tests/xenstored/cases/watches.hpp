#pragma once

#include <lodger/tests/xenstored/cases/under_test.hpp>

namespace lodger::store_cases {

using namespace std::literals;

/// Takes the next event, which must name this path.
template <class W>
Result<>
expect_event(W& watch, std::string_view path, Deadline deadline, Place place = Place::current())
{
    std::array<char, store::longest_absolute_path> buffer;
    auto const event = LODGER_TRY(expect(watch.next(buffer, deadline), place));
    if (event != path)
        report(place, std::string{"the event is for "} + std::string{event});
    return expect(event == path, place);
}

/// Nothing that was sent before is still on its way once this has been answered.
template <class C>
Result<> settle(C& client)
{
    return expect(client.write("data/settle", ""sv));
}

template <class S>
Result<> a_watch_fires_at_once_and_then_for_changes(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto watch = LODGER_TRY(expect(client.watch("data/w")));
    LODGER_TRY(expect_event(watch, "data/w", deadline)); // though there is no such node
    LODGER_TRY(expect(client.write("data/w", "x"sv)));
    LODGER_TRY(expect_event(watch, "data/w", deadline));
    s.write(home(s, "data/w/below/it"), "x");
    LODGER_TRY(expect_event(watch, "data/w/below/it", deadline));
    // What is beside it does not count.
    LODGER_TRY(expect(client.write("data/ww", "x"sv)));
    LODGER_TRY(expect(client.write("data/v", "x"sv)));
    LODGER_TRY(settle(client));
    LODGER_TRY(expect(!watch.has_event()));
    LODGER_TRY(expect(client.rm("data/w")));
    LODGER_TRY(expect_event(watch, "data/w", deadline));
    LODGER_TRY(settle(client));
    return expect(!watch.has_event());
}

template <class S>
Result<> events_name_paths_as_the_watch_does(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto absolute = LODGER_TRY(expect(client.watch(std::string_view{home(s, "data")})));
    auto relative = LODGER_TRY(expect(client.watch("data")));
    LODGER_TRY(expect_event(absolute, home(s, "data"), deadline));
    LODGER_TRY(expect_event(relative, "data", deadline));
    LODGER_TRY(expect(client.write("data/a", "x"sv)));
    LODGER_TRY(expect_event(absolute, home(s, "data/a"), deadline));
    return expect_event(relative, "data/a", deadline);
}

template <class S>
Result<> events_come_from_what_another_guest_does(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto const text = home(s, "data/shared");
    std::string_view const path = text;
    s.write(path, "");
    s.permit(path, shared_by_both(s));
    auto watch = LODGER_TRY(expect(client.watch(path)));
    LODGER_TRY(expect_event(watch, path, deadline));
    InOther<S> other{s, [path](ClientOf<S>& they) { return expect(they.write(path, "theirs"sv)); }};
    LODGER_TRY(expect_event(watch, path, deadline));
    LODGER_TRY(expect(s.read(path) == "theirs"));
    return other.join();
}

/// A change is told to who may read the node, or the one above it.
template <class S>
Result<> what_may_not_be_read_fires_no_event(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    s.write("/place", "");
    s.permit("/place", of_dom0(store::Rights::read));
    s.write("/place/private", "");
    s.permit("/place/private", of_dom0(store::Rights::none));
    auto watch = LODGER_TRY(expect(client.watch("/place")));
    LODGER_TRY(expect_event(watch, "/place", deadline));
    s.write("/place/private/inside", "x");
    s.write("/place/private", "x");
    LODGER_TRY(expect_event(watch, "/place/private", deadline));
    s.write("/place", "x");
    LODGER_TRY(expect_event(watch, "/place", deadline));
    LODGER_TRY(settle(client));
    return expect(!watch.has_event());
}

template <class S>
Result<> a_transaction_fires_when_it_is_committed(S&, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto watch = LODGER_TRY(expect(client.watch("data/w")));
    LODGER_TRY(expect_event(watch, "data/w", deadline));
    LODGER_TRY(expect(client.transaction([&](auto& operations) -> Result<> {
        LODGER_TRY(operations.write("data/w/a", "x"sv, deadline));
        LODGER_TRY(settle(client));
        return expect(!watch.has_event());
    })));
    LODGER_TRY(expect_event(watch, "data/w/a", deadline));
    auto const thrown_away = client.transaction([&](auto& operations) -> Result<> {
        LODGER_TRY(operations.write("data/w/a", "y"sv, deadline));
        return Failure{Errc::cancelled};
    });
    LODGER_TRY(expect_error(thrown_away, Errc::cancelled));
    LODGER_TRY(settle(client));
    return expect(!watch.has_event());
}

template <class S>
Result<> events_are_kept_once_and_bounded(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto watch = LODGER_TRY(expect(client.watch("data/w")));
    LODGER_TRY(expect_event(watch, "data/w", deadline));
    for (int i = 0; i < S::rounds / 20; ++i)
        s.write(home(s, "data/w/same"), std::to_string(i));
    LODGER_TRY(settle(client));
    LODGER_TRY(expect_event(watch, "data/w/same", deadline));
    LODGER_TRY(expect(!watch.has_event()));
    s.write_numbered(home(s, "data/w/"), 150, "x");
    // More than we keep: look at everything.
    LODGER_TRY(settle(client));
    LODGER_TRY(expect_event(watch, "data/w", deadline));
    return expect(!watch.has_event());
}

/// The count of watches at the daemon is what it was, or the quota would be hit.
template <class S>
Result<> watches_come_and_go(S&, ClientOf<S>& client)
{
    for (int i = 0; i < S::rounds; ++i) {
        auto watch = LODGER_TRY(expect(client.watch("data/w")));
        if (i % 2)
            LODGER_TRY(expect_event(watch, "data/w", client.patience()));
    }
    LODGER_TRY(settle(client));
    return {};
}

template <class S>
Result<> watches_are_limited(S&, ClientOf<S>& client)
{
    using W = store::Watch<typename S::Guest>;
    for (int round = 0; round < 2; ++round) {
        std::vector<W> watches;
        Result<W> one = client.watch("data/w");
        for (; one && watches.size() < 200; one = client.watch("data/w"))
            watches.push_back(std::move(*one));
        LODGER_TRY(expect(!one));
        // E2BIG up to Xen 4.17, ENOSPC later.
        LODGER_TRY(expect(one.error() == Errc::too_large || one.error() == Errc::quota));
        // 128, and the one that the C daemon allows beyond its quota.
        LODGER_TRY(expect(watches.size() == 129));
    }
    return settle(client);
}

/// An event for a watch that is no more must not reach its successor at the same path.
template <class S>
Result<> late_events_are_dropped(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    for (int i = 0; i < S::rounds / 20; ++i) {
        auto first = LODGER_TRY(expect(client.watch("data/w")));
        s.write(home(s, "data/w/late"), "x");
        {
            auto const ends = std::move(first);
        }
        auto second = LODGER_TRY(expect(client.watch("data/w")));
        LODGER_TRY(expect_event(second, "data/w", deadline));
        LODGER_TRY(settle(client));
        LODGER_TRY(expect(!second.has_event()));
    }
    return {};
}

template <class S>
Result<> a_watch_reaches_as_deep_as_it_says(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto node = LODGER_TRY(expect(client.watch_depth("data/w", 0, deadline)));
    auto children = LODGER_TRY(expect(client.watch_depth("data/w", 1, deadline)));
    LODGER_TRY(expect_event(node, "data/w", deadline));
    LODGER_TRY(expect_event(children, "data/w", deadline));
    s.write(home(s, "data/w/a"), "x");
    LODGER_TRY(expect_event(children, "data/w/a", deadline));
    s.write(home(s, "data/w/a/b"), "x");
    LODGER_TRY(settle(client));
    LODGER_TRY(expect(!node.has_event() && !children.has_event()));
    LODGER_TRY(expect(client.write("data/w", "x"sv)));
    LODGER_TRY(expect_event(children, "data/w", deadline));
    return expect_event(node, "data/w", deadline);
}

template <class S>
Result<> reset_forgets_watches_and_transactions(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto watch = LODGER_TRY(expect(client.watch("data/w")));
    LODGER_TRY(expect_event(watch, "data/w", deadline));
    auto const open = LODGER_TRY(expect(store::start_transaction(client.connection(), deadline)));
    LODGER_TRY(expect(client.reset_watches()));
    s.write(home(s, "data/w"), "x");
    LODGER_TRY(settle(client));
    LODGER_TRY(expect(!watch.has_event()));
    // The watch that ends now is one that the daemon does not have: no harm.
    return expect_error(
        store::end_transaction(client.connection(), open, true, deadline), Errc::not_found);
}

template <class S>
Result<> waits_until_a_condition_holds(S& s, ClientOf<S>& client)
{
    auto const text = home(s, "data/state");
    std::string_view const path = text;
    s.write(path, "1");
    s.permit(path, shared_by_both(s));
    InOther<S> other{s, [path](ClientOf<S>& they) -> Result<> {
                         for (int state = 2; state <= 6; ++state)
                             LODGER_TRY(expect(they.write(path, state)));
                         return {};
                     }};
    LODGER_TRY(expect(client.wait_until(
        [&](auto& observer) -> Result<bool> {
            return LODGER_TRY(observer.template read<int>(path)) == 6;
        },
        client.patience())));
    LODGER_TRY(expect(LODGER_TRY(expect(client.template read<int>(path))) == 6));
    return other.join();
}

template <class S>
Result<> waiting_ends_at_the_deadline(S&, ClientOf<S>& client)
{
    std::array<char, 64> buffer;
    auto watch = LODGER_TRY(expect(client.watch("data/w")));
    LODGER_TRY(expect_event(watch, "data/w", client.patience()));
    Instant const before = client.hypervisor().now();
    auto const deadline = after(client.hypervisor(), std::chrono::milliseconds{70});
    LODGER_TRY(expect_error(watch.next(buffer, deadline), Errc::timed_out));
    Duration const waited = client.hypervisor().now() - before;
    LODGER_TRY(expect(waited >= std::chrono::milliseconds{70}));
    LODGER_TRY(expect(waited < std::chrono::seconds{5}));
    return settle(client);
}

/// A reader that is blocked on a watch is called off; the watch goes, the connection stays.
template <class S>
Result<> waiting_can_be_cancelled(S& s, ClientOf<S>& client)
{
    Cancellation cancellation;
    {
        std::array<char, 64> buffer;
        auto watch = LODGER_TRY(expect(client.watch("data/w")));
        LODGER_TRY(expect_event(watch, "data/w", client.patience()));
        Deadline deadline = client.patience();
        deadline.cancellation = &cancellation;
        s.start(s.guest(), [&] { cancellation.request(s.guest()); });
        auto const event = watch.next(buffer, deadline);
        s.join();
        LODGER_TRY(expect_error(event, Errc::cancelled));
        LODGER_TRY(expect_error(watch.next(buffer, deadline), Errc::cancelled));
    }
    return settle(client);
}

} // namespace lodger::store_cases
