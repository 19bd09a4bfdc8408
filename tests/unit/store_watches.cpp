#include <lodger/store/watches.hpp>
#include <lodger/tests/unit/support/session_peer.hpp>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lodger;
using namespace lodger::test;

namespace {

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
