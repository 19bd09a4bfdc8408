#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/event/abi.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

namespace lodger::event {

/// The ports that one loop listens to, and the step that turns pending bits into calls.
///
/// All bits of `evtchn_mask` stay set for the guest's whole life, so Xen raises no upcall and its
/// selector word means nothing; the pending words are scanned instead. Every listened port is also
/// named in SCHEDOP_poll, which bounds their number.
template <SharedAccess Memory>
class PortTable {
public:
    using Words = std::span<xen_ulong_t, word_count>;

    /// @return `no_space` for one port more than SCHEDOP_poll can name, `exists` for a second
    /// listener, `invalid_argument` for a port outside the ABI
    Result<void> listen(Port port, Listener listener)
    {
        if (port.value >= port_count)
            return Failure{Errc::invalid_argument};
        if (find(port) != count_)
            return Failure{Errc::exists};
        if (count_ == most_polled_ports)
            return Failure{Errc::no_space};
        ports_[count_] = port.value;
        listeners_[count_] = listener;
        ++count_;
        words_ = std::max(words_, port.value / std::size_t{64} + 1);
        return {};
    }

    void unlisten(Port port)
    {
        std::size_t const index = find(port);
        if (index == count_)
            return;
        --count_;
        ports_[index] = ports_[count_];
        listeners_[index] = listeners_[count_];
    }

    /// Forgets all listeners: after the domain was restored no port is what it was.
    void clear() { count_ = words_ = 0; }

    /// The ports to name in SCHEDOP_poll.
    std::span<evtchn_port_t const> ports() const { return {ports_.data(), count_}; }

    /// Clears each pending bit, then calls its listener: an event that comes while the listener
    /// looks at its ring sets the bit again and is not lost. Each port is served at most once, so
    /// a storm of events cannot keep the loop here. Xen gives out low ports first, and words beyond
    /// the highest that was ever listened to are not looked at: this runs twice for every wait.
    /// @return how many listeners were called
    std::size_t dispatch(Words pending)
    {
        std::size_t called = 0;
        for (std::size_t i = 0; i < words_; ++i) {
            if (Memory::load_relaxed(pending[i]) == 0)
                continue;
            // The exchange is a full fence: it orders the clearing before the listener's loads.
            for (xen_ulong_t bits = Memory::exchange(pending[i], 0); bits != 0; bits &= bits - 1)
                called += call(Port{static_cast<std::uint32_t>(
                    i * 64 + static_cast<std::size_t>(std::countr_zero(bits)))});
        }
        return called;
    }

private:
    /// Looks from the end: what was listened to last are devices.
    /// @return `count_` if nobody listens
    std::size_t find(Port port) const
    {
        for (std::size_t i = count_; i-- > 0;)
            if (ports_[i] == port.value)
                return i;
        return count_;
    }

    /// A listener may end itself or another one, so it is looked up at the last moment.
    std::size_t call(Port port)
    {
        std::size_t const index = find(port);
        if (index == count_)
            return 0; // Nobody listens: the bit is cleared, and that is all.
        Listener const listener = listeners_[index];
        listener.call(listener.object);
        return 1;
    }

    std::size_t count_ = 0;
    std::size_t words_ = 0; ///< of pending bits, up to the last in which somebody listened
    std::array<evtchn_port_t, most_polled_ports> ports_{};
    std::array<Listener, most_polled_ports> listeners_{};
};

} // namespace lodger::event
