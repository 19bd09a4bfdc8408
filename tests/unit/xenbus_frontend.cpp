#include <lodger/xenbus/frontend.hpp>

#include <catch2/catch.hpp>
#include <vector>

using namespace lodger;
using xenbus::Peer;
using xenbus::State;

namespace {

/// Counts what the frontend asks for, and refuses what it is told to.
struct Driver {
    struct Token {
        Driver* driver = nullptr;

        explicit Token(Driver& owner) : driver{&owner} { ++driver->links; }
        Token(Token&& other) noexcept : driver{std::exchange(other.driver, nullptr)} {}
        Token& operator=(Token&& other) noexcept
        {
            std::swap(driver, other.driver);
            return *this;
        }
        ~Token()
        {
            if (driver)
                --driver->links;
        }
    };
    struct Link {
        Token token;
        bool failed = false;
    };
    struct Details {};

    std::vector<State> published{};
    int links = 0;
    int failures = 0;
    bool let_go = true;
    std::optional<Errc> publish_error{};
    std::optional<Errc> offer_error{};
    std::optional<Errc> read_error{};

    Result<> publish(State state)
    {
        if (publish_error)
            return Failure{*publish_error};
        published.push_back(state);
        return {};
    }
    Result<Link> offer_link()
    {
        if (offer_error)
            return Failure{*offer_error};
        return Link{Token{*this}};
    }
    Result<Details> read_details(Link&)
    {
        if (read_error)
            return Failure{*read_error};
        return Details{};
    }
    void lose_link(Link& link)
    {
        REQUIRE_FALSE(link.failed);
        link.failed = true;
        ++failures;
    }
    bool is_let_go(Link const&) const { return let_go; }
};

using Frontend = xenbus::Frontend<Driver>;
using States = std::vector<State>;

struct Connecting {
    Driver driver{};
    Frontend frontend{driver};

    Result<> hear(Peer peer) { return frontend.peer_is(peer); }
    void connect()
    {
        REQUIRE(hear(State::init_wait));
        REQUIRE(hear(State::connected));
        REQUIRE(frontend.state() == State::connected);
    }
};

constexpr std::array every_peer = {
    Peer{},
    Peer{State::unknown},
    Peer{State::initialising},
    Peer{State::init_wait},
    Peer{State::initialised},
    Peer{State::connected},
    Peer{State::closing},
    Peer{State::closed},
    Peer{State::reconfiguring},
    Peer{State::reconfigured}};

} // namespace

TEST_CASE("nothing is offered before the other end is ready")
{
    Connecting c;
    for (Peer const peer :
         {Peer{}, Peer{State::unknown}, Peer{State::initialising}, Peer{State::closing},
          Peer{State::closed}, Peer{State::reconfiguring}}) {
        REQUIRE(c.hear(peer));
        REQUIRE(c.driver.published.empty());
        REQUIRE(c.driver.links == 0);
    }
    REQUIRE(c.hear(State::init_wait));
    REQUIRE(c.driver.published == States{State::initialised});
    REQUIRE(c.driver.links == 1);
}

TEST_CASE("the way there is 3, 4, and back 5, 6")
{
    Connecting c;
    c.connect();
    REQUIRE(c.frontend.close());
    REQUIRE(c.driver.failures == 1);
    REQUIRE(c.hear(State::connected)); // It has not heard yet.
    REQUIRE(c.frontend.state() == State::closing);
    REQUIRE(c.hear(State::closing));
    REQUIRE(c.frontend.state() == State::closed);
    REQUIRE(c.driver.links == 1); // The other end may use it still.
    REQUIRE_FALSE(c.frontend.is_released());
    REQUIRE(c.hear(State::closed));
    REQUIRE(c.frontend.is_released());
    REQUIRE(c.driver.links == 0);
    REQUIRE(
        c.driver.published ==
        States{State::initialised, State::connected, State::closing, State::closed});
}

TEST_CASE("an other end that skips InitWait is followed through both steps at once")
{
    Connecting c;
    REQUIRE(c.hear(State::connected));
    REQUIRE(c.driver.published == States{State::initialised, State::connected});
}

TEST_CASE("an other end that leaves while we are connected is followed down to Closed")
{
    for (Peer const gone : {Peer{}, Peer{State::closed}}) {
        Connecting c;
        c.connect();
        REQUIRE(c.hear(gone));
        REQUIRE(c.driver.failures == 1);
        REQUIRE(c.frontend.state() == State::closed);
        REQUIRE(c.frontend.is_released());
        REQUIRE(c.driver.links == 0);
    }
}

TEST_CASE("states that mean nothing to us while we are connected change nothing")
{
    for (Peer const peer :
         {Peer{State::unknown}, Peer{State::initialised}, Peer{State::connected},
          Peer{State::reconfiguring}, Peer{State::reconfigured}}) {
        Connecting c;
        c.connect();
        REQUIRE(c.hear(peer));
        REQUIRE(c.frontend.state() == State::connected);
    }
}

TEST_CASE("an other end that has begun anew is no longer the one that we are connected to")
{
    for (State const state : {State::initialising, State::init_wait}) {
        Connecting c;
        c.connect();
        REQUIRE(c.hear(state));
        REQUIRE(c.driver.failures == 1);
        REQUIRE(c.frontend.state() == State::closing);
    }
}

TEST_CASE("a link outlives Closed for as long as the other end has our memory")
{
    Connecting c;
    c.connect();
    c.driver.let_go = false;
    REQUIRE(c.hear(Peer{}));
    REQUIRE(c.frontend.state() == State::closed);
    REQUIRE(c.driver.links == 1);
    c.driver.let_go = true;
    c.frontend.let_go();
    REQUIRE(c.frontend.is_released());
    REQUIRE(c.driver.links == 0);
}

TEST_CASE("leaving without a word publishes nothing, and keeps what is in use")
{
    for (bool const let_go : {true, false}) {
        Connecting c;
        c.connect();
        c.driver.let_go = let_go;
        c.frontend.leave();
        REQUIRE(c.driver.published == States{State::initialised, State::connected});
        REQUIRE(c.driver.failures == 1);
        REQUIRE(c.frontend.is_released() == let_go);
        c.frontend.release();
        REQUIRE(c.driver.links == 0);
    }
}

TEST_CASE("a closed frontend begins anew, and says so unless the toolstack has")
{
    for (State const own : {State::initialising, State::closed}) {
        Connecting c;
        c.connect();
        REQUIRE(c.frontend.close());
        REQUIRE(c.hear(State::closed));
        c.driver.published.clear();
        REQUIRE(c.frontend.restart(own));
        REQUIRE(c.driver.published.size() == (own == State::closed ? 1 : 0));
        c.connect();
    }
}

TEST_CASE("a backend that is Connected to what was before is not taken for an answer")
{
    for (State const own : {State::initialising, State::closed}) {
        Connecting c;
        c.connect();
        REQUIRE(c.frontend.close());
        REQUIRE(c.frontend.close_regardless());
        c.frontend.release();
        REQUIRE(c.frontend.restart(own));
        REQUIRE(c.frontend.restart(State::initialising)); // Again, as after an error.
        REQUIRE(c.hear(State::connected));
        REQUIRE(c.frontend.state() == State::initialising);
        REQUIRE(c.hear(State::init_wait));
        REQUIRE(c.hear(State::connected));
        REQUIRE(c.frontend.state() == State::connected);
    }
}

TEST_CASE("a step that fails is not taken, and may be tried again")
{
    Connecting c;
    c.driver.offer_error = Errc::no_space;
    REQUIRE(c.hear(State::init_wait).error() == Errc::no_space);
    REQUIRE(c.frontend.state() == State::initialising);
    c.driver.offer_error.reset();
    c.driver.publish_error = Errc::denied;
    REQUIRE(c.hear(State::init_wait).error() == Errc::denied);
    REQUIRE(c.frontend.state() == State::initialising);
    REQUIRE(c.driver.links == 0);
    c.driver.publish_error.reset();
    REQUIRE(c.hear(State::init_wait));
    c.driver.read_error = Errc::protocol;
    REQUIRE(c.hear(State::connected).error() == Errc::protocol);
    REQUIRE(c.frontend.state() == State::initialised);
    REQUIRE(c.driver.links == 1);
    c.driver.read_error.reset();
    REQUIRE(c.hear(State::connected));
    REQUIRE(c.frontend.state() == State::connected);
}

TEST_CASE("giving up needs no answer, in any phase, and releases everything")
{
    for (int phase = 0; phase < 4; ++phase) {
        Connecting c;
        if (phase >= 1)
            REQUIRE(c.hear(State::init_wait));
        if (phase >= 2)
            REQUIRE(c.hear(State::connected));
        REQUIRE(c.frontend.close());
        if (phase >= 3)
            REQUIRE(c.hear(State::closing));
        REQUIRE(c.frontend.close_regardless());
        REQUIRE(c.frontend.state() == State::closed);
        c.frontend.release();
        REQUIRE(c.frontend.is_released());
        REQUIRE(c.driver.links == 0);
    }
}

TEST_CASE("any three things that the other end says lead only along legal edges")
{
    for (Peer const first : every_peer) {
        for (Peer const second : every_peer) {
            for (Peer const third : every_peer) {
                Connecting c;
                for (Peer const peer : {first, second, third})
                    REQUIRE(c.hear(peer));
                State before = State::initialising;
                for (State const state : c.driver.published) {
                    REQUIRE(xenbus::is_legal(xenbus::Role::frontend, before, state));
                    before = state;
                }
                REQUIRE(before == c.frontend.state());
                REQUIRE(c.driver.links <= 1);
            }
        }
    }
}
