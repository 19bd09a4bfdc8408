#include <lodger/store/session.hpp>
#include <lodger/tests/unit/support/session_peer.hpp>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lodger;
using namespace lodger::test;

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

namespace {

/// Whether that is the word to the daemon that a transaction is to be thrown away.
bool throws_away(Sent const& sent, std::uint32_t transaction)
{
    return sent.header.type == XS_TRANSACTION_END && sent.header.tx_id == transaction &&
           sent.payload == nul_terminated("F");
}

store::Session::Ticket submit_commit(Peer& peer, std::uint32_t transaction)
{
    return peer.session
        .submit(
            {.type = Type::transaction_end,
             .transaction = transaction,
             .pieces = {"T", std::string_view{"\0", 1}}},
            {})
        .value();
}

} // namespace

TEST_CASE("a transaction that is opened for a caller who has left is thrown away")
{
    Peer peer;
    auto const ticket = peer.submit("", {}, Type::transaction_start);
    REQUIRE(peer.take().size() == 1);
    peer.session.abandon(ticket);
    REQUIRE(peer.take().empty());
    REQUIRE(peer.say(XS_TRANSACTION_START, ticket, nul_terminated("7")));
    auto const sent = peer.take();
    REQUIRE(sent.size() == 1);
    REQUIRE(throws_away(sent[0], 7));
    REQUIRE(peer.say(XS_TRANSACTION_END, sent[0].header.req_id, nul_terminated("OK")));
    for (std::size_t i = 0; i < store::most_requests; ++i)
        peer.submit("name"); // All places are free again.
}

TEST_CASE("a transaction that the daemon did not open for a caller who has left is not ended")
{
    Peer peer;
    auto const ticket = peer.submit("", {}, Type::transaction_start);
    peer.take();
    peer.session.abandon(ticket);
    REQUIRE(peer.say(XS_ERROR, ticket, nul_terminated("ENOSPC")));
    REQUIRE(peer.take().empty());
}

TEST_CASE("a commit whose caller leaves before it was sent becomes a transaction thrown away")
{
    Peer peer;
    peer.session.abandon(submit_commit(peer, 7));
    auto const sent = peer.take();
    REQUIRE(sent.size() == 1);
    REQUIRE(throws_away(sent[0], 7));
    peer.session.abandon(submit_commit(peer, 8));
    peer.session.restart(); // This daemon does not know it.
    REQUIRE(peer.take().empty());
}

TEST_CASE("a transaction is thrown away as soon as a request can be sent")
{
    Peer peer;
    std::vector<store::Session::Ticket> tickets;
    for (std::size_t i = 0; i < store::most_requests; ++i)
        tickets.push_back(peer.submit("name"));
    peer.take();
    peer.session.throw_away(7);
    REQUIRE(peer.take().empty());
    REQUIRE(peer.session.owes());
    REQUIRE(peer.say(XS_READ, tickets[5], "value"));
    static_cast<void>(peer.session.collect(tickets[5]));
    auto const sent = peer.take();
    REQUIRE(sent.size() == 1);
    REQUIRE(throws_away(sent[0], 7));
    REQUIRE_FALSE(peer.session.owes());
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
