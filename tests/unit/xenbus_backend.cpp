#include <lodger/xenbus/backend.hpp>

#include <catch2/catch.hpp>
#include <vector>

using namespace lodger;
using xenbus::Hotplug;
using xenbus::Peer;
using xenbus::State;

namespace {

/// Counts what the backend asks for, and refuses what it is told to.
struct Driver {
    struct Link {
        Driver* driver;

        explicit Link(Driver& owner) : driver{&owner} { ++driver->links; }
        Link(Link&& other) noexcept : driver{std::exchange(other.driver, nullptr)} {}
        Link& operator=(Link&& other) noexcept
        {
            std::swap(driver, other.driver);
            return *this;
        }
        ~Link()
        {
            if (driver)
                --driver->links;
        }
    };

    std::vector<State> published{};
    std::vector<Errc> reported{};
    int links = 0;
    int joins = 0;
    int details = 0;
    int reconfigured = 0;
    bool does_negotiate = true;
    bool has_new_offer = false; ///< since `join`
    std::optional<Errc> publish_error{};
    std::optional<Errc> join_error{};

    Result<> publish(State state)
    {
        if (publish_error)
            return Failure{*publish_error};
        published.push_back(state);
        return {};
    }
    bool negotiates() const { return does_negotiate; }
    Result<> publish_features() { return {}; }
    Result<Link> join()
    {
        if (join_error)
            return Failure{*join_error};
        has_new_offer = false;
        ++joins;
        return Link{*this};
    }
    bool is_offered(Link&) const { return !has_new_offer; }
    Result<> publish_details(Link&)
    {
        ++details;
        return {};
    }
    Result<> reconfigure(Link&)
    {
        ++reconfigured;
        return {};
    }
    void report(Errc why) { reported.push_back(why); }
};

using Backend = xenbus::Backend<Driver>;
using States = std::vector<State>;

struct Serving {
    Driver driver{};
    Backend backend{driver};

    Result<> hear(Peer peer, Hotplug hotplug = Hotplug::connected)
    {
        return backend.look(peer, hotplug);
    }
    void connect()
    {
        REQUIRE(hear(State::initialising));
        REQUIRE(hear(State::initialised));
        REQUIRE(backend.state() == State::connected);
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

TEST_CASE("the way there is 2, 4, and back 5, 6, and a frontend that begins anew is served again")
{
    Serving s;
    s.connect();
    REQUIRE(s.backend.serving());
    REQUIRE(s.hear(State::connected));
    REQUIRE(s.hear(State::closing));
    REQUIRE(s.backend.serving()); // It may have requests under way.
    REQUIRE(s.hear(State::closed));
    REQUIRE(s.driver.links == 0);
    REQUIRE(s.hear(State::initialising));
    REQUIRE(
        s.driver.published ==
        States{
            State::init_wait, State::connected, State::closing, State::closed, State::init_wait});
    REQUIRE(s.driver.reported.empty());
}

TEST_CASE("nothing is served before there are both a medium and an offer")
{
    Serving s;
    REQUIRE(s.hear(State::initialised, Hotplug::pending));
    REQUIRE(s.backend.state() == State::init_wait);
    REQUIRE(s.driver.links == 1); // The ring is joined, and nothing taken out of it.
    REQUIRE_FALSE(s.backend.serving());
    REQUIRE(s.driver.details == 0);
    REQUIRE(s.hear(State::initialised, Hotplug::connected));
    REQUIRE(s.driver.published == States{State::init_wait, State::connected});

    Serving late;
    REQUIRE(late.hear(State::initialising, Hotplug::connected));
    REQUIRE(late.backend.state() == State::init_wait);
    REQUIRE(late.driver.links == 0);
    REQUIRE(late.hear(State::connected, Hotplug::connected)); // One that did not wait.
    REQUIRE(late.backend.state() == State::connected);
}

TEST_CASE("an offer that is withdrawn before there is a medium is let go of")
{
    Serving s;
    REQUIRE(s.hear(State::initialised, Hotplug::pending));
    REQUIRE(s.hear(State::initialising, Hotplug::pending));
    REQUIRE(s.driver.links == 0);
    REQUIRE(s.backend.state() == State::init_wait);
}

TEST_CASE("an offer that was replaced while nobody looked is joined instead of the old one")
{
    Serving s;
    REQUIRE(s.hear(State::initialised, Hotplug::pending));
    s.driver.has_new_offer = true;
    REQUIRE(s.hear(State::initialised, Hotplug::connected));
    REQUIRE(s.backend.state() == State::connected);
    REQUIRE(s.driver.joins == 2);
    REQUIRE(s.driver.links == 1);
}

TEST_CASE("a backend that is connected to what is not on offer any more closes")
{
    for (State const state : {State::initialised, State::connected}) {
        Serving s;
        s.connect();
        s.driver.has_new_offer = true;
        REQUIRE(s.hear(state));
        REQUIRE(s.backend.state() == State::closing);
    }
}

TEST_CASE("an offer that cannot be joined is reported, then Closing")
{
    Serving s;
    s.driver.join_error = Errc::protocol;
    REQUIRE(s.hear(State::initialised));
    REQUIRE(s.driver.reported == std::vector{Errc::protocol});
    REQUIRE(s.driver.published == States{State::init_wait, State::closing});
    REQUIRE(s.hear(State::initialised)); // Once.
    REQUIRE(s.driver.reported.size() == 1);
}

TEST_CASE("what no frontend says in its right mind is reported, then Closing")
{
    for (State const nonsense :
         {State::unknown, State::init_wait, State::reconfiguring, State::reconfigured}) {
        Serving s;
        s.connect();
        REQUIRE(s.hear(nonsense));
        REQUIRE(s.driver.reported == std::vector{Errc::protocol});
        REQUIRE(s.backend.state() == State::closing);
        REQUIRE(s.hear(nonsense));
        REQUIRE(s.driver.reported.size() == 1);
    }
}

TEST_CASE("a frontend that is gone is let go of at once")
{
    Serving s;
    s.connect();
    REQUIRE(s.hear({}));
    REQUIRE(s.driver.links == 0);
    REQUIRE(s.backend.state() == State::closed);
}

TEST_CASE("a frontend that begins anew without a farewell is served anew")
{
    Serving s;
    s.connect();
    REQUIRE(s.hear(State::initialising));
    REQUIRE(s.backend.state() == State::init_wait);
    REQUIRE(s.driver.links == 0);
}

TEST_CASE("a backend that negotiates nothing says Initialised instead of InitWait")
{
    Serving s;
    s.driver.does_negotiate = false;
    s.connect();
    REQUIRE(s.driver.published == States{State::initialised, State::connected});
}

TEST_CASE("reconfiguring goes 7, 8, and 4 when the frontend is there")
{
    Serving s;
    s.connect();
    REQUIRE(s.backend.reconfigure());
    REQUIRE(s.backend.serving());
    REQUIRE(s.hear(State::initialised));
    REQUIRE(s.backend.state() == State::reconfigured);
    REQUIRE(s.hear(State::connected));
    REQUIRE(s.driver.reconfigured == 1);
    REQUIRE(
        s.driver.published == States{
                                  State::init_wait, State::connected, State::reconfiguring,
                                  State::reconfigured, State::connected});
}

TEST_CASE("a new size is Connected once more, and only while connected")
{
    Serving s;
    REQUIRE(s.backend.announce());
    REQUIRE(s.driver.published.empty());
    s.connect();
    REQUIRE(s.backend.announce());
    REQUIRE(s.driver.details == 2);
    REQUIRE(s.driver.published == States{State::init_wait, State::connected, State::connected});
}

TEST_CASE("a state that cannot be published is not taken, and may be tried again")
{
    Serving s;
    REQUIRE(s.hear(State::initialised, Hotplug::pending));
    s.driver.publish_error = Errc::denied;
    REQUIRE(s.hear(State::initialised).error() == Errc::denied);
    REQUIRE(s.backend.state() == State::init_wait);
    REQUIRE(s.driver.links == 1);
    s.driver.publish_error.reset();
    REQUIRE(s.hear(State::initialised));
    REQUIRE(s.backend.state() == State::connected);
    REQUIRE(s.driver.links == 1);
}

TEST_CASE("giving up lets go of everything in any phase, and says nothing")
{
    for (int phase = 0; phase < 5; ++phase) {
        Serving s;
        if (phase >= 1)
            REQUIRE(s.hear(State::initialised, Hotplug::pending));
        if (phase >= 2)
            REQUIRE(s.hear(State::initialised));
        if (phase == 3)
            REQUIRE(s.backend.reconfigure());
        if (phase == 4)
            REQUIRE(s.backend.close());
        auto const said = s.driver.published.size();
        s.backend.release();
        REQUIRE(s.driver.links == 0);
        REQUIRE(s.driver.published.size() == said);
    }
}

TEST_CASE("any three things that the frontend says lead only along legal edges")
{
    for (Hotplug const hotplug : {Hotplug::pending, Hotplug::connected, Hotplug::failed}) {
        for (Peer const first : every_peer) {
            for (Peer const second : every_peer) {
                for (Peer const third : every_peer) {
                    Serving s;
                    for (Peer const peer : {first, second, third})
                        REQUIRE(s.hear(peer, hotplug));
                    State before = State::initialising;
                    for (State const state : s.driver.published) {
                        REQUIRE(xenbus::is_legal(xenbus::Role::backend, before, state));
                        before = state;
                    }
                    REQUIRE(before == s.backend.state());
                    REQUIRE(s.driver.links <= 1);
                }
            }
        }
    }
}
