#include <lodger/tests/xenstored/cases/watches.hpp>
#include <lodger/tests/xenstored/real_store.hpp>

#include <catch2/catch.hpp>

// What only the real daemon can show: what it does when somebody breaks the protocol, that it may
// find the page in any state, and how it dies.

namespace lodger::host {
namespace {

using namespace std::literals;
using Client = store::Client<HostDomain>;

/// Runs `body` in a thread of a guest's.
void in_guest(std::function<void(RealStore&, Client&)> body)
{
    RealStore store;
    store.threads().spawn([&] {
        Client client{store.guest(), store.guest().store_page(), store.guest().store_port()};
        REQUIRE(client.start());
        body(store, client);
    });
    store.threads().run();
}

/// Real time, on a machine that is busy with other things: it only tells what is noticed from what
/// is waited for until the client's patience is over.
constexpr Duration soon = 5s;
static_assert(soon < Client::default_patience / 2);

Duration since(HostDomain& guest, Instant before)
{
    return guest.now() - before;
}

/// Has the client send a request whose header then claims a payload that is too long.
void send_too_long(RealStore& store, Client& client)
{
    store::Page& page = store.guest().store_page();
    store.machine().daemon().pause();
    std::uint32_t const at = page.req_prod;
    REQUIRE(client.connection().begin(
        {.type = store::Type::read, .pieces = {"data", "\0"sv}}, {}, client.patience()));
    std::uint32_t const length = store::most_payload + 1;
    for (std::size_t i = 0; i < sizeof length; ++i)
        page.req[(at + offsetof(store::Header, len) + i) % sizeof page.req] =
            reinterpret_cast<char const*>(&length)[i];
    store.machine().daemon().resume();
}

/// Claims more requests than the ring can hold.
void claim_too_much(HostDomain& guest)
{
    SharedMemory::store_release(guest.store_page().req_prod, 0xdead0000u);
    REQUIRE(guest.notify(guest.store_port()));
}

TEST_CASE("a breach of the protocol is noticed")
{
    in_guest([](RealStore& store, Client& client) {
        HostDomain& guest = store.guest();
        std::array<char, 64> buffer;
        auto watch = client.watch("data");
        REQUIRE(watch);
        REQUIRE(watch->next(buffer, client.patience()));
        SECTION("a message too long")
        {
            send_too_long(store, client);
        }
        SECTION("an impossible index")
        {
            claim_too_much(guest);
        }
        Instant const before = guest.now();
        REQUIRE(watch->next(buffer, client.patience()).error() == Errc::disconnected);
        CHECK(since(guest, before) < soon);
        CHECK(guest.store_page().error != XENSTORE_ERROR_NONE);
        // From then on at once, whatever is asked.
        CHECK(client.read("data", buffer).error() == Errc::disconnected);
        CHECK(client.write("data", "x"sv).error() == Errc::disconnected);
        CHECK(client.watch("data").error() == Errc::disconnected);
        CHECK(client.transaction([](auto&) { return Result<>{}; }).error() == Errc::disconnected);
        // The daemon of 4.17 does not offer to begin anew.
        CHECK(client.connection().reconnect(client.patience()).error() == Errc::not_implemented);
    });
}

TEST_CASE("every request in flight ends when the daemon gives up on us")
{
    in_guest([](RealStore& store, Client& client) {
        HostDomain& guest = store.guest();
        store.machine().daemon().pause();
        int ended = 0;
        for (int i = 0; i < 30; ++i) { // more than may be in flight
            store.start(guest, [&] {
                std::array<char, 16> buffer;
                auto const value = client.read("data", buffer);
                CHECK(value.error() == Errc::disconnected);
                ++ended;
            });
        }
        store.start(guest, [&] {
            claim_too_much(guest);
            store.machine().daemon().resume();
        });
        Instant const before = guest.now();
        store.join();
        CHECK(ended == 30);
        CHECK(since(guest, before) < soon);
    });
}

TEST_CASE("threads that wait for a request to come free go on as soon as one does")
{
    in_guest([](RealStore& store, Client& client) {
        HostDomain& guest = store.guest();
        REQUIRE(client.write("data/a", "value"sv));
        int read = 0;
        Instant const before = guest.now();
        for (int i = 0; i < 40; ++i) { // twice as many as may be in flight
            store.start(guest, [&] {
                std::array<char, 16> buffer;
                for (int repeats = 0; repeats < 100; ++repeats)
                    read += client.read("data/a", buffer) == "value"sv;
            });
        }
        store.join();
        CHECK(read == 4000);
        // It would be twice that if each batch waited for the next look at the daemon's health.
        static_assert(
            4000 / store::most_requests * store::Connection<HostDomain>::check_interval >=
            2 * soon);
        CHECK(since(guest, before) < soon);
    });
}

TEST_CASE("GET_FEATURE is not known to 4.17")
{
    in_guest([](RealStore&, Client& client) {
        CHECK(client.features().error() == Errc::not_implemented);
        CHECK(client.watch_depth("data", 1, client.patience()).error() == Errc::not_implemented);
        std::array<char, 16> buffer;
        CHECK(client.write("data/x", "still there"sv));
        CHECK(client.read("data/x", buffer).value() == "still there");
    });
}

/// What the page may look like when we get it.
void start_on(std::uint32_t requests, std::uint32_t replies, std::uint32_t error)
{
    Machine machine;
    Threads threads{machine};
    HostDomain& guest = machine.add_domain(store_cases::usual_guest);
    store::Page& page = guest.store_page();
    std::ranges::fill(page.req, '\x5a');
    std::ranges::fill(page.rsp, '\xa5');
    page.req_prod = page.req_cons = requests;
    page.rsp_prod = page.rsp_cons = replies;
    page.error = error;
    machine.introduce(guest);
    threads.spawn([&] {
        Client client{guest, page, guest.store_port()};
        REQUIRE(client.start());
        std::array<char, 64> buffer;
        for (int i = 0; i < 200; ++i) { // past the index's end, and past many ring's ends
            REQUIRE(client.write("data/a", i));
            REQUIRE(client.read("data/a", buffer).value() == std::to_string(i));
        }
    });
    threads.run();
}

TEST_CASE("the page may be found in any state")
{
    start_on(0, 0, 0);
    start_on(0xffffff00, 0xffffff00, 0);
    start_on(0xfffffffd, 7, 0);
    start_on(123, 0xffffffff, XENSTORE_ERROR_PROTO); // of somebody before us
}

TEST_CASE("a daemon that stops costs each caller its deadline and no more")
{
    in_guest([](RealStore& store, Client& client) {
        HostDomain& guest = store.guest();
        std::array<char, 16> buffer;
        REQUIRE(client.write("data/a", "value"sv));
        store.machine().daemon().pause();
        Instant const before = guest.now();
        for (int i = 1; i <= 30; ++i) {
            store.start(guest, [&, i] {
                std::array<char, 16> own;
                auto const deadline = after(guest, i * 10ms);
                CHECK(client.read("data/a", own, deadline).error() == Errc::timed_out);
                CHECK(since(guest, before) < i * 10ms + soon);
            });
        }
        store.join();
        // Late replies to requests that nobody waits for any more are dropped.
        store.machine().daemon().resume();
        for (int i = 0; i < 50; ++i)
            REQUIRE(client.read("data/a", buffer).value() == "value");
    });
}

TEST_CASE("an open transaction is no more after a deadline that passed in it")
{
    in_guest([](RealStore& store, Client& client) {
        HostDomain& guest = store.guest();
        for (int i = 0; i < 20; ++i) { // more than may be open
            auto const outcome = client.transaction(
                [&](auto& operations) -> Result<> {
                    store.machine().daemon().pause();
                    std::array<char, 16> buffer;
                    auto const late =
                        operations.read("data", buffer, after(guest, std::chrono::milliseconds{2}));
                    store.machine().daemon().resume();
                    return late ? Result<>{} : Failure{late.error()};
                },
                client.patience());
            REQUIRE(outcome.error() == Errc::timed_out);
        }
    });
}

TEST_CASE("callers that leave before their transactions begin leave none open")
{
    in_guest([](RealStore& store, Client& client) {
        auto const nothing = [](auto&) { return Result<>{}; };
        store.machine().daemon().pause();
        for (int i = 0; i < 15; ++i) { // more than may be open
            auto const late = client.transaction(nothing, after(store.guest(), 2ms));
            CHECK(late.error() == Errc::timed_out);
        }
        store.machine().daemon().resume();
        CHECK(client.exists("data"));
        CHECK(client.transaction(nothing));
    });
}

/// Reads, writes, watches and transactions, until one of them fails.
Errc work_until_failure(HostDomain& guest, Client& client, int number)
{
    std::string const name = "data/" + std::to_string(number);
    std::string_view const path = name;
    auto const once = [&]() -> Result<> {
        std::array<char, 64> buffer;
        auto const deadline = after(guest, 1s);
        LODGER_TRY(client.write(path, number, deadline));
        LODGER_TRY(client.read(path, buffer, deadline));
        auto watch = LODGER_TRY(client.watch(path, deadline));
        LODGER_TRY(watch.next(buffer, deadline));
        return client.transaction(
            [&](auto& operations) { return operations.write(path, number + 1, deadline); },
            deadline);
    };
    while (true) {
        if (auto const done = once(); !done && done.error() != Errc::again)
            return done.error();
    }
}

TEST_CASE("a daemon killed under load, and another in its place")
{
    for (int round = 0; round < 3; ++round) {
        in_guest([round](RealStore& store, Client& client) {
            HostDomain& guest = store.guest();
            constexpr int workers = 8; // fewer than transactions may be open
            int ended = 0;
            Instant killed{};
            for (int i = 0; i < workers; ++i) {
                store.start(guest, [&, i] {
                    auto const error = work_until_failure(guest, client, i);
                    INFO(describe(error));
                    CHECK((error == Errc::timed_out || error == Errc::disconnected));
                    CHECK(killed > Instant{});
                    // The deadline of the call, and the grace of a transaction's abort.
                    CHECK(since(guest, killed) < 2s + soon);
                    ++ended;
                });
            }
            store.start(guest, [&, round] {
                std::array<char, 16> buffer;
                for (int i = 0; i < 20 + 7 * round; ++i)
                    CHECK(client.read("data", buffer));
                killed = guest.now();
                store.machine().daemon().kill();
            });
            store.join();
            CHECK(ended == workers);
            // The next daemon knows nothing of us, and finds the page as it is given one anew.
            std::ranges::fill(
                std::span{reinterpret_cast<char*>(&guest.store_page()), page_size}, '\0');
            store.machine().daemon().start();
            store.machine().introduce(guest);
            std::array<char, 64> buffer;
            auto const old = client.read("data", buffer, after(guest, 200ms));
            CHECK(
                (!old && (old.error() == Errc::timed_out || old.error() == Errc::protocol ||
                          old.error() == Errc::disconnected)));
        });
    }
}

TEST_CASE("a client of the daemon that came after a killed one")
{
    RealStore store;
    HostDomain& guest = store.guest();
    for (int round = 0; round < 3; ++round) {
        store.threads().spawn([&] {
            Client client{guest, guest.store_page(), guest.store_port()};
            REQUIRE(client.start());
            std::array<char, 64> buffer;
            REQUIRE(client.write("data/a", "x"sv));
            auto watch = client.watch("data/a");
            REQUIRE(watch);
            REQUIRE(watch->next(buffer, client.patience()).value() == "data/a");
            store.machine().daemon().kill();
        });
        store.threads().run();
        std::ranges::fill(std::span{reinterpret_cast<char*>(&guest.store_page()), page_size}, '\0');
        store.machine().daemon().start();
        store.machine().introduce(guest);
    }
}

} // namespace
} // namespace lodger::host
