#pragma once

#include <lodger/tests/sim/domain.hpp>
#include <lodger/tests/sim/grants.hpp>
#include <lodger/tests/sim/random.hpp>
#include <lodger/tests/sim/recorder.hpp>
#include <lodger/tests/sim/trace.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace lodger::sim {

class StoreDaemon;

/// Why a world could not go on: nobody could ever run again, or the guest broke a rule that only
/// the whole machine can see.
struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One store to shared memory, as the other end may see it from this instant on.
struct SharedStore {
    Instant at;
    lodger::Domain by;
    void const* address;
    std::size_t size;
};

/// A whole machine: Xen, its domains and their XenStore, in virtual time. One seed orders
/// everything, so the same seed gives the same run.
class World {
public:
    explicit World(std::uint64_t seed);
    World(World const&) = delete;
    World& operator=(World const&) = delete;
    ~World();

    /// The world that exists, if any: at most one does.
    static World* current();

    std::uint64_t seed() const { return seed_; }
    Random& random() { return random_; }
    Trace& trace() { return trace_; }
    StoreDaemon& store() { return *store_; }
    Grants& grants() { return grants_; }
    EventChannels& event_channels() { return event_channels_; }
    Instant now() const { return now_; }

    /// A new domain, with its XenStore connection and its home in `/local/domain`.
    Domain& add_domain(std::uint16_t id);
    /// Null if there is none, or it has died.
    Domain* find(lodger::Domain id);
    Domain* find_any(lodger::Domain id);
    /// The end of a domain, whatever it was about to do. Xen closes its ports and unmaps what it
    /// had mapped; its own pages stay as long as others have them mapped, so here they stay.
    /// Callable from anywhere; the domain itself does not go on.
    void kill(Domain& domain);
    /// To be said before a domain is made that may die: what it had allocated is no leak.
    void allow_deaths();

    /// An object that lives as long as the world does.
    template <class T, class... Arguments>
    T& make(Arguments&&... arguments)
    {
        auto made = std::make_shared<T>(std::forward<Arguments>(arguments)...);
        belongings_.push_back(made);
        return *made;
    }

    /// Runs until every thread spawned has ended.
    void run();
    /// Tells the services to end, and runs until they have.
    void finish();
    bool is_finishing() const { return finishing_; }

    /// Has something happen when so much time has passed.
    void after(Duration delay, std::function<void()> action);
    /// Lets virtual time pass.
    void spend(Duration duration) { now_ += duration; }
    /// How long a domain that was woken takes to run, at most; the seed chooses it.
    Duration wake_latency() { return random_.up_to(most_wake_latency_); }
    /// Fails the run if it goes on for longer than this, virtually.
    void limit(Duration duration) { limit_ = Instant{duration}; }

    /// A point at which another domain may run.
    void scheduling_point();
    /// The same for each access to shared memory, which is less often taken.
    void before_shared_access();
    void before_shared_store(void const* address, std::size_t size);
    void after_shared_store(void const* address, std::size_t size);
    std::size_t copy_piece(std::size_t size);

    /// Calls `observer` for every store to shared memory from now on.
    void observe_stores(std::function<void(SharedStore const&)> observer)
    {
        store_observer_ = std::move(observer);
    }

    /// Keeps every store to shared memory from now on.
    /// @param most_bytes how much of the past to keep
    Recorder& record(std::size_t most_bytes = 16 << 20);
    /// A page that was just allocated, and zeroed.
    void on_new_page(Arena::Page page);

    /// Ends the run as failed. Callable from anywhere; within a fiber it does not return, and
    /// nothing on that fiber's stack is ever destroyed.
    void fail(std::string why);

    /// A line of the trace, by the domain that runs.
    void note(std::string text);

private:
    void run_while(std::function<bool()> unfinished);
    Domain* choose();
    void run_actions();
    std::size_t unfinished_threads() const;
    bool all_ended() const;
    std::string describe() const;

    std::uint64_t seed_;
    Random random_;
    Trace trace_;
    Grants grants_{*this};
    EventChannels event_channels_{*this};
    std::vector<std::unique_ptr<Domain>> domains_;
    std::unique_ptr<StoreDaemon> store_;
    std::vector<std::shared_ptr<void>> belongings_;

    Instant now_{};
    Instant limit_{std::chrono::hours{1}};
    std::uint64_t steps_ = 0;
    Domain* running_ = nullptr;
    bool finishing_ = false;
    bool allows_deaths_ = false;
    bool torn_ = false; ///< the next access comes in the middle of a copy, and late
    std::string failure_;
    std::multimap<Instant, std::function<void()>> actions_;
    std::optional<Recorder> recorder_;
    std::function<void(SharedStore const&)> store_observer_;

    // How this seed likes to order things.
    std::uint64_t switch_at_access_;
    Duration most_wake_latency_;
};

} // namespace lodger::sim
