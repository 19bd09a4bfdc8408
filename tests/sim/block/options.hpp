#pragma once

#include <lodger/blkback/options.hpp>
#include <lodger/core/time.hpp>

#include <map>
#include <optional>
#include <string>

namespace lodger::sim {

/// What every test can do with that asks for no more: large rings, and flush. A backend serves as
/// many requests at a time as its ring holds, so that any of them may be the next one to end.
inline constexpr blkback::Options plain_offers = {
    .indirect_segments = 0, .persistent = false, .barrier = false, .discard = false, .depth = 1024};

/// Everything that a backend can offer.
inline constexpr blkback::Options all_offers = {.queues = 4, .depth = 1024};

/// What a simulated disk is.
struct BlockOptions {
    std::uint32_t number = 51712; ///< xvda
    std::size_t size = 128 * 1024;
    std::uint32_t sector_size = 512;
    std::uint32_t info = 0;                 ///< VDISK_*
    bool toolstack_writes_protocol = false; ///< as libxl does for a PV guest
    std::optional<std::string> trusted{};   ///< what the toolstack writes of the backend
    /// How long a request takes, at most; the seed chooses.
    Duration most_latency = std::chrono::microseconds{500};
    /// Values of the backend's keys that replace the ordinary ones; nothing for a key left out.
    std::map<std::string, std::optional<std::string>> keys{};
    /// What the backend offers.
    blkback::Options offers = plain_offers;
    /// Whether what was written and not flushed may be lost with the power.
    bool has_cache = true;
    /// What the hotplug script says, after how long at most; the seed chooses.
    std::string hotplug = "connected";
    Duration most_hotplug_delay = std::chrono::milliseconds{1};
};

} // namespace lodger::sim
