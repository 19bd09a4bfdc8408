#pragma once

#include "../support/options.hpp"
#include <lodger/runtime/services.hpp>

#include <optional>
#include <span>

namespace blkverify {

using namespace lodger;

/// What the command line asks for.
struct Settings {
    std::optional<std::uint64_t> seconds; ///< until no new requests are made
    std::optional<std::uint64_t> count;   ///< requests to each disk
    std::uint64_t depth = 16;
    std::uint64_t largest_kib = 256;
    std::uint64_t span_mib = 64;
    std::uint64_t patience_seconds = 60;
    std::optional<std::uint64_t> seed;
    bool errors_allowed = false;
    blkfront::Offer offer{};
    xenbus::OnLoss on_loss = xenbus::OnLoss::fail_fast;
    std::span<char*> disks;
};

inline constexpr std::size_t most_disks = 16;

examples::Parsed<Settings> parse_arguments(std::span<char*> arguments);

} // namespace blkverify
