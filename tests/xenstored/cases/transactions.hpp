#pragma once

#include <lodger/tests/xenstored/cases/under_test.hpp>

namespace lodger::store_cases {

using namespace std::literals;

template <class S>
Result<> a_transaction_appears_at_once(S& s, ClientOf<S>& client)
{
    auto const first_path = home(s, "data/first"), second_path = home(s, "data/second");
    std::string_view const first = first_path, second = second_path;
    auto const done = client.transaction([&](auto& operations) -> Result<int> {
        auto const deadline = client.patience();
        std::array<char, 16> buffer;
        LODGER_TRY(expect(operations.write(first, "1"sv, deadline)));
        LODGER_TRY(expect(operations.write(second, "2"sv, deadline)));
        LODGER_TRY(expect(LODGER_TRY(expect(operations.read(first, buffer, deadline))) == "1"));
        LODGER_TRY(expect_error(client.read(first, buffer), Errc::not_found));
        return 42;
    });
    LODGER_TRY(expect(LODGER_TRY(expect(Result<int>{done})) == 42));
    return expect(s.read(first) == "1" && s.read(second) == "2");
}

template <class S>
Result<> a_failed_transaction_leaves_nothing(S& s, ClientOf<S>& client)
{
    // More often than transactions may be open.
    for (int i = 0; i < 30; ++i) {
        auto const outcome = client.transaction([&](auto& operations) -> Result<> {
            LODGER_TRY(expect(operations.write("data/x", "x"sv, client.patience())));
            return Failure{Errc::io};
        });
        LODGER_TRY(expect_error(outcome, Errc::io));
    }
    return expect(s.read(home(s, "data/x")).empty());
}

template <class S>
Result<> a_conflict_runs_it_again(S& s, ClientOf<S>& client)
{
    int runs = 0;
    LODGER_TRY(expect(client.write("data/count", 1)));
    LODGER_TRY(expect(client.transaction([&](auto& operations) -> Result<> {
        auto const deadline = client.patience();
        int const count = LODGER_TRY(expect(operations.template read<int>("data/count", deadline)));
        if (++runs <= 3)
            s.write(home(s, "data/count"), std::to_string(10 * runs));
        return operations.write("data/count", count + 1, deadline);
    })));
    LODGER_TRY(expect(runs == 4));
    return expect(s.read(home(s, "data/count")) == "31");
}

template <class S>
Result<> endless_conflict_ends_with_again(S& s, ClientOf<S>& client)
{
    int runs = 0;
    LODGER_TRY(expect(client.write("data/count", 1)));
    auto const outcome = client.transaction([&](auto& operations) -> Result<> {
        LODGER_TRY(expect(operations.template read<int>("data/count", client.patience())));
        // Another value each time: oxenstored sees no conflict in one that is what was read.
        s.write(home(s, "data/count"), std::to_string(100 + ++runs));
        return operations.write("data/other", 1, client.patience());
    });
    LODGER_TRY(expect_error(outcome, Errc::again));
    LODGER_TRY(expect(runs == store::most_attempts));
    LODGER_TRY(expect(s.read(home(s, "data/other")).empty()));
    // None of them was left open.
    return expect(client.transaction(
        [&](auto& operations) { return operations.write("data/other", 2, client.patience()); }));
}

template <class S>
Result<> what_is_not_touched_does_not_conflict(S& s, ClientOf<S>& client)
{
    int runs = 0;
    LODGER_TRY(expect(client.transaction([&](auto& operations) {
        ++runs;
        s.write(home(s, "data/theirs"), "x");
        return operations.write("data/ours/below", "x"sv, client.patience());
    })));
    return expect(runs == 1);
}

/// Two guests count up the same number; none of the increments may be lost.
template <class S>
Result<> increments_of_two_guests_all_count(S& s, ClientOf<S>& client)
{
    constexpr int each = 20;
    auto const text = home(s, "data/count");
    std::string_view const path = text;
    LODGER_TRY(expect(client.write(path, 0)));
    s.permit(path, shared_by_both(s));
    auto const count_up = [path](ClientOf<S>& who) -> Result<> {
        for (int i = 0; i < each; ++i) {
            LODGER_TRY(expect(who.transaction([&](auto& operations) -> Result<> {
                int const old = LODGER_TRY(operations.template read<int>(path, who.patience()));
                return operations.write(path, old + 1, who.patience());
            })));
        }
        return {};
    };
    InOther<S> other{s, count_up};
    LODGER_TRY(expect(count_up(client)));
    LODGER_TRY(expect(other.join()));
    return expect(s.read(path) == std::to_string(2 * each));
}

/// The daemon's bound on open transactions, which must all be ours again afterwards.
template <class S>
Result<> open_transactions_are_limited(S&, ClientOf<S>& client)
{
    auto& connection = client.connection();
    for (int round = 0; round < 2; ++round) {
        std::array<std::uint32_t, 16> open{};
        std::size_t count = 0;
        Result<std::uint32_t> started;
        while (count < open.size()) {
            started = store::start_transaction(connection, client.patience());
            if (!started)
                break;
            open[count++] = *started;
        }
        LODGER_TRY(expect_error(started, Errc::quota));
        // "10", and the one that the C daemon allows beyond its quota.
        LODGER_TRY(expect(count == 11));
        for (std::size_t i = 0; i < count; ++i)
            LODGER_TRY(
                expect(store::end_transaction(connection, open[i], i % 2, client.patience())));
    }
    return expect_error(
        store::end_transaction(connection, 12345, true, client.patience()), Errc::not_found);
}

/// The daemon's bound on the nodes of one transaction; it can be thrown away all the same.
template <class S>
Result<> nodes_of_a_transaction_are_limited(S& s, ClientOf<S>& client)
{
    constexpr int more = 1100;
    s.write(home(s, "many"), "");
    s.permit(home(s, "many"), readable_by_guest(s));
    std::vector<std::string> names;
    for (int i = 0; i < more; ++i)
        names.push_back("many/" + std::to_string(i));
    std::vector<store::Path> const paths(names.begin(), names.end());
    auto const look = [](std::size_t, Result<std::string_view> const& value) -> Result<> {
        // It counts though there is no such node.
        if (!value && value.error() != Errc::not_found)
            return Failure{value.error()};
        return {};
    };
    // Each is copied, which takes an emulated machine long.
    auto const deadline = after(client.hypervisor(), 4 * client.default_patience);
    auto const outcome = client.transaction(
        [&](auto& operations) { return operations.read_each(paths, deadline, look); }, deadline);
    LODGER_TRY(expect_error(outcome, Errc::quota));
    return expect(client.write("data/x", "x"sv));
}

} // namespace lodger::store_cases
