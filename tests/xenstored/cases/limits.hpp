#pragma once

#include <lodger/tests/xenstored/cases/watches.hpp>

namespace lodger::store_cases {

using namespace std::literals;

/// The last reply that still fits, four times as long as the ring.
template <class S>
Result<> a_reply_of_4096_bytes(S& s, ClientOf<S>& client)
{
    std::array<char, store::most_payload> buffer;
    std::string name(255, 'n');
    for (int i = 0; i < 16; ++i) {
        name[0] = static_cast<char>('a' + i);
        s.write(home(s, "long/") + name, "");
    }
    s.permit(home(s, "long"), readable_by_guest(s));
    std::size_t count = 0;
    for (auto const found : LODGER_TRY(expect(client.directory("long", buffer)))) {
        LODGER_TRY(expect(found.size() == 255 && found.ends_with("nnn")));
        ++count;
    }
    return expect(count == 16);
}

template <class S>
Result<> the_longest_value(S& s, ClientOf<S>& client)
{
    std::string const value(store::most_payload - sizeof "/long", 'v');
    s.write("/long", value);
    s.permit("/long", readable_by_guest(s));
    std::array<char, store::most_payload> buffer;
    LODGER_TRY(expect(LODGER_TRY(expect(client.read("/long", buffer))) == value));
    // A buffer too short loses the reply, not the connection.
    LODGER_TRY(expect_error(client.read("/long", std::span{buffer}.first(100)), Errc::too_large));
    return expect(LODGER_TRY(expect(client.read("/long", buffer))) == value);
}

template <class S>
Result<> too_long_a_write_is_refused_here(S& s, ClientOf<S>& client)
{
    std::array<char, 16> buffer;
    // With its path and the NUL between: 4097 bytes.
    std::string const value(store::most_payload - "data/a"sv.size(), 'v');
    LODGER_TRY(expect(client.write("data/a", "short"sv)));
    LODGER_TRY(expect_error(client.write("data/a", std::string_view{value}), Errc::too_large));
    LODGER_TRY(expect(LODGER_TRY(expect(client.read("data/a", buffer))) == "short"));
    return expect(s.read(home(s, "data/a")) == "short");
}

/// 4096 bytes are legal on the wire, but more than the daemon lets a guest's node have.
template <class S>
Result<> too_large_a_node_is_refused_there(S&, ClientOf<S>& client)
{
    std::array<char, 2048> buffer;
    std::string const value(store::most_payload - sizeof "data/a", 'v');
    LODGER_TRY(expect_error(client.write("data/a", std::string_view{value}), Errc::quota));
    LODGER_TRY(expect(!LODGER_TRY(expect(client.exists("data/a")))));
    auto const fits = std::string_view{value}.substr(0, 2000);
    LODGER_TRY(expect(client.write("data/a", fits)));
    return expect(LODGER_TRY(expect(client.read("data/a", buffer))) == fits);
}

template <class S>
Result<> paths_are_checked(S&, ClientOf<S>& client)
{
    std::array<char, 16> buffer;
    for (char const* const bad :
         {"", "/data/", "data//a", "data/a b", "data/\xff", "data/a.b", "data/a\n"})
        LODGER_TRY(expect_error(client.read(bad, buffer), Errc::invalid_argument));
    std::string path = "data";
    while (path.size() < store::longest_relative_path)
        path += "/0123456789/123456";
    path.resize(store::longest_relative_path - 1);
    LODGER_TRY(expect(client.write(std::string_view{path + "x"}, "deep"sv)));
    LODGER_TRY(
        expect(LODGER_TRY(expect(client.read(std::string_view{path + "x"}, buffer))) == "deep"));
    LODGER_TRY(expect_error(client.read(std::string_view{path + "xx"}, buffer), Errc::too_large));
    LODGER_TRY(expect(client.rm("data/0123456789")));
    return expect(client.write("data/a-b_c@d", "x"sv));
}

/// Far more than one message holds.
template <class S>
Result<> a_directory_of_30_kb(S& s, ClientOf<S>& client)
{
    constexpr int count = 120;
    std::string const prefix(240, 'n');
    std::array<char, store::most_payload> buffer;
    s.write_numbered(home(s, "many/") + prefix, count, "");
    s.permit(home(s, "many"), readable_by_guest(s));
    LODGER_TRY(expect_error(client.directory("many", buffer), Errc::too_large));
    std::vector<bool> seen(count);
    auto const list = LODGER_TRY(expect(client.list("many")));
    for (auto const name : list) {
        LODGER_TRY(expect(name.starts_with(prefix)));
        auto const number = LODGER_TRY(expect(parse<unsigned>(name.substr(prefix.size()))));
        LODGER_TRY(expect(number < count && !seen[number]));
        seen[number] = true;
    }
    return expect(std::ranges::count(seen, true) == count);
}

template <class S>
Result<> nodes_are_limited(S&, ClientOf<S>& client)
{
    // The names of a node's children count against the node's size.
    std::vector<std::string> names;
    for (int i = 0; i < 2000; ++i)
        names.push_back("data/d/" + std::to_string(i / 100) + '/' + std::to_string(i % 100));
    std::vector<store::Assignment> most;
    for (std::string_view const name : std::span{names}.first(900))
        most.push_back({name, "x"sv});
    LODGER_TRY(expect(client.operations().write_all(most, client.patience())));
    std::size_t made = most.size();
    Result<> outcome;
    while (outcome && made < names.size()) {
        outcome = client.write(std::string_view{names[made]}, "x"sv);
        made += outcome.has_value();
    }
    LODGER_TRY(expect_error(outcome, Errc::quota));
    // Of 1000, some were there before: those of its home that are its own.
    LODGER_TRY(expect(made > 970 && made < 1000));
    LODGER_TRY(expect(client.write("data/d/0", "again"sv)));
    LODGER_TRY(expect(client.rm("data/d")));
    return expect(client.write("data/d", "x"sv));
}

template <class S>
Result<> permissions_are_limited(S& s, ClientOf<S>& client)
{
    store::Permissions permissions{{s.guest_id(), store::Rights::none}};
    LODGER_TRY(expect(client.write("data/a", "x"sv)));
    for (std::uint16_t domain = 10; permissions.entries().size() < 5; ++domain)
        LODGER_TRY(expect(permissions.add({Domain{domain}, store::Rights::read})));
    LODGER_TRY(expect(client.set_permissions("data/a", permissions)));
    LODGER_TRY(expect(permissions.add({Domain{20}, store::Rights::read})));
    return expect_error(client.set_permissions("data/a", permissions), Errc::quota);
}

/// Many requests at once: the replies are those to the requests, in their order.
template <class S>
Result<> requests_are_pipelined(S& s, ClientOf<S>& client)
{
    constexpr std::size_t count = 100;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back("data/p/" + std::to_string(i));
    std::vector<store::Path> const paths(names.begin(), names.end());
    std::vector<store::Assignment> assignments;
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 10 != 7)
            assignments.push_back({paths[i], std::string_view{names[i]}.substr(7)});
    }
    s.write(home(s, "data/p/17"), "secret");
    s.permit(home(s, "data/p/17"), of_dom0(store::Rights::none));
    LODGER_TRY(expect(client.operations().write_all(assignments, client.patience())));
    std::size_t next = 0;
    LODGER_TRY(expect(client.read_each(
        paths, client.patience(),
        [&](std::size_t index, Result<std::string_view> const& value) -> Result<> {
            LODGER_TRY(expect(index == next++));
            if (index % 10 == 7)
                return expect_error(value, index == 17 ? Errc::denied : Errc::not_found);
            return expect(
                LODGER_TRY(expect(Result<std::string_view>{value})) == std::to_string(index));
        })));
    return expect(next == count);
}

/// As many in flight as the daemon allows, over and over, each reply as large as they come.
template <class S>
Result<> long_replies_are_pipelined(S& s, ClientOf<S>& client)
{
    std::string const value(4000, 'v');
    s.write("/long", value);
    s.permit("/long", readable_by_guest(s));
    std::vector<std::array<char, store::most_payload>> buffers(store::most_requests);
    auto& connection = client.connection();
    for (int round = 0; round < S::rounds / 100; ++round) {
        store::Batch<typename S::Guest> batch{connection};
        for (auto& buffer : buffers)
            LODGER_TRY(expect(batch.begin(
                {.type = store::Type::read, .pieces = {"/long", "\0"sv}}, buffer,
                client.patience())));
        LODGER_TRY(expect(batch.is_full()));
        for (std::size_t i = 0; i < buffers.size(); ++i)
            LODGER_TRY(expect(LODGER_TRY(expect(batch.finish(client.patience()))) == value));
    }
    return {};
}

} // namespace lodger::store_cases
