#include <lodger/store/session.hpp>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

using namespace lodger;
using store::Type;

namespace {

struct Sent {
    store::Header header;
    std::string payload;
};

/// The daemon's end, without a ring.
struct Peer {
    store::Session session;

    store::Session::Ticket
    submit(std::string_view path, std::span<char> reply = {}, Type type = Type::read)
    {
        return session.submit({.type = type, .pieces = {path, std::string_view{"\0", 1}}}, reply)
            .value();
    }

    /// Takes everything the session has to say.
    std::vector<Sent> take()
    {
        std::string bytes;
        for (auto part = session.outgoing(); !part.empty(); part = session.outgoing()) {
            bytes.append(part.data(), part.size());
            session.sent(part.size());
        }
        std::vector<Sent> messages;
        while (!bytes.empty()) {
            Sent sent;
            std::memcpy(&sent.header, bytes.data(), sizeof sent.header);
            sent.payload = bytes.substr(sizeof sent.header, sent.header.len);
            bytes.erase(0, sizeof sent.header + sent.header.len);
            messages.push_back(sent);
        }
        return messages;
    }

    Result<> say(std::uint32_t type, std::uint32_t id, std::string const& payload)
    {
        store::Header const header{type, id, 0, static_cast<std::uint32_t>(payload.size())};
        std::string bytes{reinterpret_cast<char const*>(&header), sizeof header};
        bytes += payload;
        for (std::string_view rest = bytes; !rest.empty();) {
            auto const wanted = session.incoming();
            std::size_t const count = rest.copy(wanted.data(), wanted.size());
            rest.remove_prefix(count);
            LODGER_TRY(session.received(count));
        }
        return {};
    }
};

std::string nul_terminated(std::string text)
{
    text.push_back('\0');
    return text;
}

store::WatchState& add_watch(Peer& peer, std::string_view path)
{
    auto state = store::WatchState::create(path, peer.session.watches().next_number(), {}).value();
    store::WatchState& watch = *state.release(); // Ends in `retire`.
    peer.session.watches().add(watch);
    return watch;
}

void retire(Peer& peer, store::WatchState& watch)
{
    peer.session.watches().retire(std::unique_ptr<store::WatchState>{&watch});
}

std::string event(store::WatchState const& watch, std::string const& path)
{
    return nul_terminated(path) + nul_terminated(std::string{watch.token()});
}

} // namespace

TEST_CASE("a request is sent whole, with its path, and its reply comes back")
{
    Peer peer;
    std::array<char, 16> reply;
    auto const ticket = peer.submit("name", reply);
    auto const sent = peer.take();
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].header.type == XS_READ);
    REQUIRE(sent[0].header.tx_id == 0);
    REQUIRE(sent[0].payload == nul_terminated("name"));
    REQUIRE_FALSE(peer.session.is_done(ticket));
    REQUIRE(peer.say(XS_READ, sent[0].header.req_id, "value"));
    REQUIRE(peer.session.is_done(ticket));
    REQUIRE(peer.session.collect(ticket).value() == "value");
}

TEST_CASE("requests go out in the order of submission, and replies may come in any other")
{
    Peer peer;
    std::array<std::array<char, 8>, 5> replies;
    std::vector<store::Session::Ticket> tickets;
    constexpr std::string_view paths = "01234";
    for (std::size_t i = 0; i < 5; ++i)
        tickets.push_back(peer.submit(paths.substr(i, 1), replies[i]));
    auto const sent = peer.take();
    for (std::size_t i = 0; i < 5; ++i)
        REQUIRE(sent[i].payload == nul_terminated(std::to_string(i)));
    for (std::size_t const i : {3u, 0u, 4u, 1u, 2u})
        REQUIRE(peer.say(XS_READ, sent[i].header.req_id, "v" + std::to_string(i)));
    for (std::size_t i = 0; i < 5; ++i)
        REQUIRE(peer.session.collect(tickets[i]).value() == "v" + std::to_string(i));
}

TEST_CASE("requests go out in order also when a call's place is used again")
{
    Peer peer;
    auto const first = peer.submit("first");
    auto const second = peer.submit("second");
    auto sent = peer.take();
    REQUIRE(peer.say(XS_READ, sent[1].header.req_id, ""));
    static_cast<void>(peer.session.collect(second));
    REQUIRE(peer.say(XS_READ, sent[0].header.req_id, ""));
    peer.submit("third"); // where the second was
    static_cast<void>(peer.session.collect(first));
    peer.submit("fourth"); // where the first was
    sent = peer.take();
    REQUIRE(sent[0].payload == nul_terminated("third"));
    REQUIRE(sent[1].payload == nul_terminated("fourth"));
}

TEST_CASE("an error reply is the error that it names, with or without its NUL")
{
    for (bool const terminated : {true, false}) {
        Peer peer;
        auto const ticket = peer.submit("name");
        auto const id = peer.take()[0].header.req_id;
        REQUIRE(peer.say(XS_ERROR, id, terminated ? nul_terminated("ENOENT") : "ENOENT"));
        REQUIRE(peer.session.collect(ticket).error() == Errc::not_found);
    }
}

TEST_CASE("replies with ids that nobody used change nothing")
{
    Peer peer;
    std::array<char, 16> reply;
    auto const ticket = peer.submit("name", reply);
    auto const id = peer.take()[0].header.req_id;
    for (std::uint32_t const wrong : {0u, 1u, 31u, id ^ 32u, id + 32, id ^ 1u, ~0u, id | 31u}) {
        if (wrong != id)
            REQUIRE(peer.say(XS_READ, wrong, "lie"));
    }
    REQUIRE_FALSE(peer.session.is_done(ticket));
    REQUIRE(peer.say(XS_READ, id, "truth"));
    REQUIRE(peer.say(XS_READ, id, "again"));
    REQUIRE(peer.session.collect(ticket).value() == "truth");
}

TEST_CASE("a reply before its request was sent is ignored")
{
    Peer peer;
    std::array<char, 16> reply;
    auto const ticket = peer.submit("name", reply);
    REQUIRE(peer.say(XS_READ, ticket, "lie"));
    REQUIRE_FALSE(peer.session.is_done(ticket));
}

TEST_CASE("a reply of another type is a breach of the protocol, for its request alone")
{
    Peer peer;
    std::array<char, 16> reply;
    auto const first = peer.submit("one", reply);
    auto const second = peer.submit("two", reply);
    auto const sent = peer.take();
    REQUIRE(peer.say(XS_WRITE, sent[0].header.req_id, "x"));
    REQUIRE(peer.say(XS_READ, sent[1].header.req_id, "x"));
    REQUIRE(peer.session.collect(first).error() == Errc::protocol);
    REQUIRE(peer.session.collect(second).value() == "x");
}

TEST_CASE("a reply larger than its buffer is an error and writes nothing")
{
    Peer peer;
    std::array<char, 4> reply{'a', 'b', 'c', 'd'};
    auto const ticket = peer.submit("name", reply);
    REQUIRE(peer.say(XS_READ, peer.take()[0].header.req_id, "12345"));
    REQUIRE(peer.session.collect(ticket).error() == Errc::too_large);
    REQUIRE(reply == std::array{'a', 'b', 'c', 'd'});
}

TEST_CASE("a reply that nobody wants to see is dropped, and is success")
{
    Peer peer;
    auto const ticket = peer.submit("name", {}, Type::mkdir);
    REQUIRE(peer.say(XS_MKDIR, peer.take()[0].header.req_id, nul_terminated("OK")));
    REQUIRE(peer.session.collect(ticket).value().empty());
}

TEST_CASE("the 21st request is refused as busy until one is over")
{
    Peer peer;
    std::vector<store::Session::Ticket> tickets;
    for (std::size_t i = 0; i < store::most_requests; ++i)
        tickets.push_back(peer.submit("name"));
    REQUIRE(
        peer.session.submit({.type = Type::read, .pieces = {"name"}}, {}).error() == Errc::busy);
    auto const sent = peer.take();
    REQUIRE(sent.size() == 20);
    REQUIRE(peer.say(XS_READ, sent[7].header.req_id, ""));
    REQUIRE(
        peer.session.submit({.type = Type::read, .pieces = {"name"}}, {}).error() ==
        Errc::busy); // Its reply has not been collected.
    static_cast<void>(peer.session.collect(tickets[7]));
    REQUIRE(peer.session.submit({.type = Type::read, .pieces = {"name"}}, {}));
}

TEST_CASE("a payload of 4096 bytes is sent, and of 4097 refused before anything is")
{
    Peer peer;
    std::string const value(4096, 'v');
    auto const write = [&](std::size_t size) {
        return peer.session.submit(
            {.type = Type::write,
             .pieces =
                 {"name", std::string_view{"\0", 1}, std::string_view{value}.substr(0, size)}},
            {});
    };
    REQUIRE(write(4096 - 5 + 1).error() == Errc::too_large);
    REQUIRE(peer.take().empty());
    REQUIRE(write(4096 - 5));
    REQUIRE(peer.take()[0].payload.size() == 4096);
}

TEST_CASE("a request abandoned before it was sent is never sent")
{
    Peer peer;
    auto const left = peer.submit("left");
    peer.submit("kept");
    peer.session.abandon(left);
    auto const sent = peer.take();
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].payload == nul_terminated("kept"));
}

TEST_CASE("a request abandoned while half of it is sent is sent whole, its reply discarded")
{
    Peer peer;
    std::array<char, 16> reply{};
    std::string path = "name";
    auto const ticket = peer.submit(path, reply);
    std::string first_half{peer.session.outgoing().data(), 10};
    peer.session.sent(10);
    peer.session.abandon(ticket);
    path = "gone";
    auto const rest = peer.session.outgoing();
    std::string const whole = first_half + std::string{rest.data(), rest.size()};
    peer.session.sent(rest.size());
    REQUIRE(whole.substr(16) == nul_terminated("name"));
    store::Header header;
    std::memcpy(&header, whole.data(), sizeof header);
    REQUIRE(peer.say(XS_READ, header.req_id, "value"));
    REQUIRE(reply[0] == '\0');
}

TEST_CASE("an abandoned request keeps its place until its reply has come")
{
    Peer peer;
    for (std::size_t i = 0; i < store::most_requests; ++i)
        peer.submit("name");
    auto const sent = peer.take();
    for (Sent const& each : sent)
        peer.session.abandon(each.header.req_id);
    auto const once_more = [&] {
        return peer.session.submit({.type = Type::read, .pieces = {"name"}}, {});
    };
    REQUIRE(once_more().error() == Errc::busy);
    REQUIRE(peer.say(XS_READ, sent[3].header.req_id, "late"));
    REQUIRE(once_more());
}

TEST_CASE("a request abandoned after its reply came is over")
{
    Peer peer;
    auto const ticket = peer.submit("name");
    auto const id = peer.take()[0].header.req_id;
    REQUIRE(peer.say(XS_READ, id, "value"));
    peer.session.abandon(ticket);
    REQUIRE(peer.say(XS_READ, id, "value"));
    peer.submit("next");
    REQUIRE(peer.take().size() == 1);
}

TEST_CASE("a failure completes what is queued and what was sent, and frees what was abandoned")
{
    Peer peer;
    auto const sent = peer.submit("sent");
    auto const abandoned = peer.submit("abandoned");
    peer.take();
    auto const queued = peer.submit("queued");
    peer.session.abandon(abandoned);
    peer.session.fail(Errc::disconnected);
    REQUIRE(peer.session.collect(sent).error() == Errc::disconnected);
    REQUIRE(peer.session.collect(queued).error() == Errc::disconnected);
    REQUIRE(peer.session.outgoing().empty());
}

TEST_CASE("a length over 4096 takes the stream's meaning away")
{
    Peer peer;
    store::Header const header{XS_READ, 1, 0, 4097};
    std::memcpy(peer.session.incoming().data(), &header, sizeof header);
    REQUIRE(peer.session.received(sizeof header).error() == Errc::protocol);
}

TEST_CASE("an event goes to the watch whose token it names")
{
    Peer peer;
    store::WatchState& one = add_watch(peer, "one");
    store::WatchState& two = add_watch(peer, "two");
    REQUIRE(peer.say(XS_WATCH_EVENT, 0, event(two, "two/below")));
    REQUIRE(one.empty());
    std::array<char, 64> buffer;
    REQUIRE(two.pop(buffer).value() == "two/below");
    REQUIRE(two.empty());
    retire(peer, one);
    retire(peer, two);
}

TEST_CASE("events of another form, or for a token unknown, are dropped")
{
    Peer peer;
    store::WatchState& watch = add_watch(peer, "one");
    std::string const token{watch.token()};
    for (std::string const& payload :
         {std::string{}, std::string{"one"}, nul_terminated("one"), "one" + token,
          nul_terminated("one") + token, nul_terminated("one") + nul_terminated(token + "0"),
          nul_terminated("one") + nul_terminated(""), std::string(4096, 'x')})
        REQUIRE(peer.say(XS_WATCH_EVENT, 0, payload));
    CHECK(watch.empty());
    retire(peer, watch);
}

TEST_CASE("a watch that ended is taken back at the daemon, and its events are dropped")
{
    Peer peer;
    store::WatchState& watch = add_watch(peer, "device/vbd");
    std::string const late = event(watch, "device/vbd");
    std::string const token{watch.token()};
    retire(peer, watch);
    auto const sent = peer.take();
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].header.type == XS_UNWATCH);
    REQUIRE(sent[0].payload == nul_terminated("device/vbd") + nul_terminated(token));
    REQUIRE(peer.say(XS_WATCH_EVENT, 0, late));
    REQUIRE(peer.say(XS_ERROR, sent[0].header.req_id, nul_terminated("ENOENT")));
    REQUIRE(peer.take().empty());
}

TEST_CASE("watches that end while all requests are in use are taken back later")
{
    Peer peer;
    for (std::size_t i = 0; i < store::most_requests; ++i)
        peer.submit("name");
    auto const sent = peer.take();
    for (int i = 0; i < 3; ++i)
        retire(peer, add_watch(peer, "name"));
    REQUIRE(peer.take().empty());
    for (Sent const& each : sent) {
        REQUIRE(peer.say(XS_READ, each.header.req_id, ""));
        static_cast<void>(peer.session.collect(each.header.req_id));
    }
    REQUIRE(peer.take().size() == 3);
}

TEST_CASE("no token is used twice")
{
    Peer peer;
    std::vector<std::string> tokens;
    for (int i = 0; i < 100; ++i) {
        store::WatchState& watch = add_watch(peer, "name");
        REQUIRE(std::ranges::find(tokens, watch.token()) == tokens.end());
        tokens.emplace_back(watch.token());
        retire(peer, watch);
    }
}
