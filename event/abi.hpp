#pragma once

/// Xen's event channel interface, and what this directory relies on in it.

#include <cstddef>
#include <cstdint>

#include <xen/event_channel.h>
#include <xen/xen.h>

namespace lodger::event {

/// The two-level ABI: one 64-bit word of pending bits for each of 64 words.
inline constexpr std::size_t word_count = 64;
inline constexpr std::size_t port_count = word_count * 64;

static_assert(sizeof(xen_ulong_t) == 8);
static_assert(sizeof(shared_info_t::evtchn_pending) == word_count * 8);
static_assert(sizeof(shared_info_t::evtchn_mask) == word_count * 8);
static_assert(sizeof(evtchn_alloc_unbound_t) == 8);
static_assert(sizeof(evtchn_bind_interdomain_t) == 12);

/// SCHEDOP_poll refuses more (xen/common/sched/core.c, `do_poll`).
inline constexpr std::size_t most_polled_ports = 128;

} // namespace lodger::event
