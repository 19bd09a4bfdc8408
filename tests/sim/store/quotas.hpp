#pragma once

#include <cstddef>

namespace lodger::sim {

/// What the daemon allows an unprivileged domain; the defaults are those of the C daemon, which
/// admits one watch and one open transaction more than these say.
struct StoreQuotas {
    std::size_t nodes = 1000;
    std::size_t record = 2048; ///< bytes of a node with all that belongs to it
    std::size_t permissions = 5;
    std::size_t watches = 128;
    std::size_t transactions = 10;
    std::size_t transaction_nodes = 1024;
    std::size_t outstanding = 20;
};

} // namespace lodger::sim
