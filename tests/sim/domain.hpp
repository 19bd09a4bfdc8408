#pragma once

#include <lodger/core/trace.hpp>
#include <lodger/event/port_table.hpp>
#include <lodger/store/abi.hpp>
#include <lodger/tests/sim/arena.hpp>
#include <lodger/tests/sim/event_channels.hpp>
#include <lodger/tests/sim/faults.hpp>
#include <lodger/tests/sim/memory.hpp>
#include <lodger/tests/sim/thread.hpp>

#include <memory>
#include <unordered_map>

namespace lodger::sim {

class World;

/// A simulated domain with one virtual CPU: cooperative threads over one loop that takes events
/// and sleeps in SCHEDOP_poll, as the guest's own runtime has it, and the hypercalls that the
/// library asks of a `Hypervisor`. Other domains run at each of its hypercalls and accesses to
/// shared memory; its own threads only when one of them waits.
class Domain {
public:
    using Memory = sim::Memory;

    Domain(World& world, lodger::Domain id);
    Domain(Domain const&) = delete;
    Domain& operator=(Domain const&) = delete;
    ~Domain();

    lodger::Domain id() const { return id_; }
    World& world() const { return world_; }
    /// What goes wrong for this domain.
    Faults& faults() { return faults_; }

    /// What the domain is told at its start: where XenStore is.
    store::Page& store_page() const;
    Port store_port() const { return store_port_; }

    /// Saves the domain and restores it `away` later, as `xl save` and `xl restore` do with one
    /// that has suspended: all its ports and grants are gone, its frames are others, XenStore has
    /// another page and port and knows of no watch. Its own time stands still meanwhile. What other
    /// domains had mapped is unmapped: their drivers must have ended. Call it from a thread of the
    /// domain.
    void restore(Duration away);

    /// A thread that the world waits for.
    void spawn(std::string name, std::function<void()> body);
    /// A thread that runs until the world ends.
    void serve(std::string name, std::function<void()> body);
    /// Lets the domain's other threads and its events run.
    void yield();
    void sleep(Duration duration);

    // Event channels.
    Result<Port> alloc_unbound(lodger::Domain remote);
    Result<Port> bind_interdomain(lodger::Domain remote, Port remote_port);
    Result<void> close(Port port);
    Result<void> notify(Port port);
    Result<void> listen(Port port, Listener listener) { return ports_.listen(port, listener); }
    void unlisten(Port port) { ports_.unlisten(port); }

    // Memory that other domains can be given.
    Result<std::span<std::byte>> allocate_pages(std::size_t count);
    void free_pages(std::span<std::byte> pages);
    Gfn gfn(void const* address) const;
    Result<std::span<GrantEntry>> grant_table(std::size_t frames);

    // Time and waiting. Its clock is the world's, until it jumps.
    Instant now();
    Result<void> wait(WaitQueue& queue, Deadline deadline);
    void wake(WaitQueue& queue);
    std::uint32_t incarnation() const { return incarnation_; }
    /// A thread that runs until the world ends, as the library starts one.
    Result<void> start_thread(char const* name, void (*run)(void*), void* object)
    {
        serve(name, [run, object] { run(object); });
        return {};
    }

    // The protocols' trace, among the world's own lines.
    bool is_traced(Topic) const { return true; }
    void trace(Topic topic, std::string_view line);

    // The backend role.
    Result<std::span<std::byte>>
    map_grants(lodger::Domain owner, std::span<GrantRef const> refs, Access access);
    Result<void> unmap_grants(std::span<std::byte> pages);
    Result<std::span<std::byte>> map_grant(lodger::Domain owner, GrantRef ref, Access access)
    {
        return map_grants(owner, {&ref, 1}, access);
    }

    // What a test asks and sets.
    std::size_t open_ports() const;
    std::size_t pages_in_use() const { return gfns_.size(); }
    void limit_grant_frames(std::size_t frames) { most_grant_frames_ = frames; }
    void limit_pages(std::size_t pages) { most_pages_ = pages; }
    /// Its clock goes forward at once, as that of a domain that was saved and restored.
    void jump(Duration duration) { ahead_ += duration; }
    bool is_dead() const { return is_dead_; }

private:
    friend class World;
    friend class EventChannels;
    friend class Grants;

    static constexpr std::size_t grant_frames = 16; // room for the largest table

    // The virtual CPU.
    void start(std::string name, bool is_service, std::function<void()> body);
    void loop();
    void expire();
    void poll();
    void end_thread();
    void make_ready(Thread& thread);
    bool any_pending() const;
    /// Back to the loop, until the thread is chosen again.
    void leave();
    void reap();
    /// When the domain can go on; `Instant::max()` if only an event can make it.
    Instant runnable_at() const;
    /// Does not run for so long, as when its CPU is given to another.
    void stand_still(Duration duration);
    /// The end of it, if a fault says so: what follows in it never happens.
    void maybe_die();
    void abandon_fibers();
    Instant clock() const;
    /// What its threads wait for, for a report.
    std::string describe() const;

    // What a restoration is made of (restore.cpp).
    void leave_store();
    void close_all_ports();
    void change_frames();
    void change_store_page();

    // Xen's side of it.
    void raise(std::uint32_t port);
    void clear(std::uint32_t port);
    void kick();
    void hypercall();
    void allocate_store_port();
    Gfn new_frame(Arena::Page page);
    bool is_granted(Gfn gfn) const;

    World& world_;
    lodger::Domain id_;
    std::uint32_t incarnation_ = 0;
    Faults faults_;

    Fiber loop_;
    Fiber* current_ = &loop_;
    Thread* running_ = nullptr;
    std::vector<std::unique_ptr<Thread>> threads_;
    std::vector<Thread*> ready_;
    bool thread_ended_ = false;
    bool is_polling_ = false;
    bool is_dead_ = false;
    Duration ahead_{}; ///< of the world's clock
    Instant still_until_{};
    Instant poll_until_{};
    Duration suspended_{}; ///< how far its own time is behind the machine's
    Instant kicked_at_ = Instant::max();

    std::array<xen_ulong_t, event::word_count> pending_{};
    event::PortTable<Memory> ports_;
    std::vector<Channel> channels_;

    std::unordered_map<Arena::Page, Gfn> gfns_;
    std::unordered_map<std::uint64_t, Arena::Page> frames_;
    std::size_t most_pages_ = 2048;
    std::vector<GrantEntry> grant_entries_;
    std::size_t grant_frames_ = 0;
    std::size_t most_grant_frames_ = 8;

    Arena::Page store_page_ = 0;
    Port store_port_;
};

static_assert(MappingHypervisor<Domain> && ThreadedHypervisor<Domain> && Tracing<Domain>);

} // namespace lodger::sim
