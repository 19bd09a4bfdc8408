#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <sanitizer/lsan_interface.h>
#include <utility>

namespace lodger::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most_steps = 50'000'000;

World* the_world = nullptr;

} // namespace

World::World(std::uint64_t seed) : seed_{seed}, random_{seed}
{
    assert(!the_world);
    the_world = this;
    Arena::instance().reset();
    constexpr std::array<std::uint64_t, 5> switches{0, 4, 16, 64, 1024};
    constexpr std::array<Duration, 4> latencies{0ns, 5us, 50us, 1ms};
    switch_at_access_ = switches[random_.below(switches.size())];
    most_wake_latency_ = latencies[random_.below(latencies.size())];
    now_ = Instant{random_.up_to(10s)};
    limit_ = now_ + 1h;
    store_ = std::make_unique<StoreDaemon>(*this);
}

World::~World()
{
    while (!belongings_.empty())
        belongings_.pop_back();
    store_.reset();
    domains_.clear();
    if (allows_deaths_)
        __lsan_enable();
    the_world = nullptr;
}

World* World::current()
{
    return the_world;
}

Domain& World::add_domain(std::uint16_t id)
{
    assert(!find_any(lodger::Domain{id}));
    domains_.push_back(std::make_unique<Domain>(*this, lodger::Domain{id}));
    Domain& domain = *domains_.back();
    if (store_) // Not yet for the daemon's own domain.
        store_->introduce(domain);
    return domain;
}

Domain* World::find(lodger::Domain id)
{
    Domain* const domain = find_any(id);
    return domain && !domain->is_dead() ? domain : nullptr;
}

void World::kill(Domain& domain)
{
    if (domain.is_dead_)
        return;
    assert(allows_deaths_);
    note("d" + std::to_string(domain.id().value) + " dies");
    domain.is_dead_ = true;
    domain.abandon_fibers();
    event_channels_.close_all(domain);
    grants_.release_mappings(domain.id());
    store_->bury(domain);
}

void World::allow_deaths()
{
    if (!std::exchange(allows_deaths_, true))
        __lsan_disable();
}

Domain* World::find_any(lodger::Domain id)
{
    for (auto const& domain : domains_) {
        if (domain->id() == id)
            return domain.get();
    }
    return nullptr;
}

void World::run()
{
    run_while([this] { return unfinished_threads() > 0; });
}

void World::finish()
{
    finishing_ = true;
    std::uint64_t const last_step = steps_ + 100'000;
    run_while([&] { return !all_ended() && steps_ < last_step; });
    if (!all_ended())
        throw Broken{"services that do not end:\n" + describe()};
}

void World::run_while(std::function<bool()> unfinished)
{
    while (unfinished()) {
        Domain* const next = choose();
        if (!next)
            throw Broken{"deadlock: nobody can ever run again\n" + describe()};
        if (now_ > limit_)
            throw Broken{"still running at the end of virtual time\n" + describe()};
        if (++steps_ > most_steps)
            throw Broken{"livelock: too many steps\n" + describe()};
        running_ = next;
        next->current_->resume();
        running_ = nullptr;
        if (!failure_.empty())
            throw Broken{failure_};
        next->reap();
    }
}

/// Chooses among all that can run now; if there are none, time goes on to when the first can.
Domain* World::choose()
{
    run_actions();
    Instant earliest = actions_.empty() ? Instant::max() : actions_.begin()->first;
    std::size_t runnable = 0;
    for (auto const& domain : domains_) {
        Instant const at = domain->runnable_at();
        runnable += at <= now_;
        earliest = std::min(earliest, at);
    }
    if (earliest == Instant::max())
        return nullptr;
    if (runnable == 0) {
        now_ = earliest;
        return choose();
    }
    std::size_t chosen = random_.below(runnable);
    for (auto const& domain : domains_) {
        if (domain->runnable_at() <= now_ && chosen-- == 0)
            return domain.get();
    }
    return nullptr;
}

void World::after(Duration delay, std::function<void()> action)
{
    actions_.emplace(now_ + delay, std::move(action));
}

void World::run_actions()
{
    while (!actions_.empty() && actions_.begin()->first <= now_) {
        auto const due = actions_.extract(actions_.begin());
        due.mapped()();
    }
}

std::size_t World::unfinished_threads() const
{
    std::size_t count = 0;
    for (auto const& domain : domains_) {
        for (auto const& thread : domain->threads_)
            count += !thread->is_service && !domain->is_dead();
    }
    return count;
}

bool World::all_ended() const
{
    return std::ranges::all_of(
        domains_, [](auto const& domain) { return domain->is_dead() || domain->loop_.is_done(); });
}

void World::scheduling_point()
{
    spend(random_.up_to(2us));
    if (running_ && random_.chance(2))
        Fiber::suspend();
}

void World::before_shared_access()
{
    if (!running_)
        return;
    spend(10ns);
    running_->maybe_die();
    if (std::exchange(torn_, false))
        return running_->stand_still(random_.up_to(2ms));
    if (random_.chance(switch_at_access_))
        Fiber::suspend();
}

void World::before_shared_store(void const* address, std::size_t size)
{
    if (recorder_)
        recorder_->on_page(address, size);
}

void World::after_shared_store(void const* address, std::size_t size)
{
    if (recorder_)
        recorder_->on_store(now_, running_ ? running_->id() : lodger::Domain{}, address, size);
    if (store_observer_)
        store_observer_({now_, running_ ? running_->id() : lodger::Domain{}, address, size});
}

std::size_t World::copy_piece(std::size_t size)
{
    if (!running_ || size <= 1)
        return size;
    if (running_->faults().strikes(Fault::torn_copy))
        torn_ = true;
    return torn_ || random_.chance(switch_at_access_) ? random_.between(1, size) : size;
}

Recorder& World::record(std::size_t most_bytes)
{
    return recorder_.emplace(most_bytes);
}

void World::on_new_page(Arena::Page page)
{
    if (recorder_)
        recorder_->on_new_page(now_, running_ ? running_->id() : lodger::Domain{}, page);
}

void World::fail(std::string why)
{
    if (failure_.empty())
        failure_ = std::move(why);
    while (Fiber::current())
        Fiber::suspend();
}

void World::note(std::string text)
{
    trace_.add(now_, running_ ? running_->id() : lodger::Domain{}, std::move(text));
}

std::string World::describe() const
{
    std::string text;
    for (auto const& domain : domains_)
        text += domain->describe();
    return text;
}

void before_shared_access()
{
    if (the_world)
        the_world->before_shared_access();
}

void before_shared_store(void const* address, std::size_t size)
{
    if (the_world)
        the_world->before_shared_store(address, size);
}

void after_shared_store(void const* address, std::size_t size)
{
    if (the_world)
        the_world->after_shared_store(address, size);
}

std::size_t copy_piece(std::size_t size)
{
    return the_world ? the_world->copy_piece(size) : size;
}

} // namespace lodger::sim
