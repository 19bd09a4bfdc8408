#include <lodger/core/shared.hpp>
#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/guest.hpp>

#include <xen/io/console.h>

namespace lodger::runtime {

constinit EarlyConsole early_console;

namespace {

std::uint32_t unread(xencons_interface const& ring)
{
    return SharedMemory::load_relaxed(ring.out_prod) - SharedMemory::load_acquire(ring.out_cons);
}

/// Repeats `nap` while `more()` holds and the reader reads. A busy reader may need several naps
/// for one step; one that takes nothing for a whole second is taken for dead.
template <class More>
bool nap_while(xencons_interface const& ring, More more)
{
    constexpr Duration nap = std::chrono::milliseconds{1};
    constexpr int most_idle_naps = 1000;
    std::uint32_t seen = SharedMemory::load_acquire(ring.out_cons);
    for (int idle = 0; more(); ++idle) {
        if (idle == most_idle_naps)
            return false;
        guest().nap(nap);
        std::uint32_t const now = SharedMemory::load_acquire(ring.out_cons);
        if (std::exchange(seen, now) != now)
            idle = 0;
    }
    return true;
}

} // namespace

void EarlyConsole::open(std::byte* page, Port port)
{
    ring_ = reinterpret_cast<xencons_interface*>(page); // null if the guest has no console
    port_ = port;
}

void EarlyConsole::notify()
{
    // Without a reader the port may be gone, and then there is nobody to tell.
    static_cast<void>(guest().notify(port_));
}

bool EarlyConsole::wait_for_room()
{
    auto const is_full = [this] { return unread(*ring_) >= sizeof ring_->out; };
    if (!is_full())
        return true;
    if (nobody_reads_)
        return false;
    notify();
    nobody_reads_ = !nap_while(*ring_, is_full);
    return !nobody_reads_;
}

void EarlyConsole::put(char c)
{
    if (!wait_for_room())
        return;
    std::uint32_t const index = SharedMemory::load_relaxed(ring_->out_prod);
    SharedMemory::copy_out(&ring_->out[MASK_XENCONS_IDX(index, ring_->out)], &c, 1);
    SharedMemory::store_release(ring_->out_prod, index + 1);
}

void EarlyConsole::write(std::string_view text)
{
    if (!ring_)
        return;
    for (char const c : text) {
        if (c == '\n')
            put('\r');
        put(c);
    }
    notify();
}

void EarlyConsole::drain()
{
    if (!ring_ || nobody_reads_)
        return;
    notify();
    nap_while(*ring_, [this] { return unread(*ring_) != 0; });
}

} // namespace lodger::runtime
