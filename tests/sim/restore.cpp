#include <lodger/tests/sim/store/daemon.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <cstring>

// What happens to a domain that is saved and restored.

namespace lodger::sim {

using namespace std::chrono_literals;

void Domain::restore(Duration away)
{
    world_.note("is saved");
    Instant const left = own_time();
    leave_store();
    close_all_ports();
    world_.grants().forget(id_);
    std::ranges::fill(grant_entries_, GrantEntry{});
    grant_frames_ = 0;
    change_frames();
    world_.spend(away);
    suspended_ = world_.now() - left;
    change_store_page();
    allocate_store_port();
    world_.store().connect(*this);
    ++incarnation_;
    world_.note("is restored");
}

/// The old domain lives until the daemon has let go of it, and is answered until then; its threads
/// stand still meanwhile.
void Domain::leave_store()
{
    Instant const until = world_.now() + world_.random().up_to(500us);
    for (; world_.now() < until; world_.spend(1us))
        Fiber::suspend();
    while (world_.store().is_connected(*this)) {
        world_.store().release(*this); // Again, in case it was about to wait.
        world_.spend(1us);
        Fiber::suspend();
    }
}

void Domain::close_all_ports()
{
    for (std::uint32_t port = 0; port < channels_.size(); ++port)
        static_cast<void>(world_.event_channels().close(*this, Port{port}));
    ports_.clear();
}

/// The same memory, in other frames of the machine.
void Domain::change_frames()
{
    frames_.clear();
    for (auto& [page, gfn] : gfns_)
        gfn = new_frame(page);
}

/// A PV guest's page is as it was saved, with what was under way; any other's is wiped. Xen may
/// also name another one.
void Domain::change_store_page()
{
    std::uint64_t const kind = world_.random().below(3);
    if (kind == 0)
        return;
    if (kind == 1)
        store_page_ = Arena::instance().allocate(1).value();
    std::memset(&store_page(), 0, page_size);
}

} // namespace lodger::sim
