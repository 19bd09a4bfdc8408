#pragma once

#include <lodger/blkfront/abi.hpp>
#include <lodger/core/result.hpp>

#include <cstddef>
#include <span>

namespace lodger::blkfront {

/// What a request asks of the device, under the protocol's names and numbers.
enum class Operation : std::uint8_t {
    read = BLKIF_OP_READ,
    write = BLKIF_OP_WRITE,
};

/// One request for the device, of at most `most_segments` pages. Owned by whoever submits it, and
/// must stay where it is until it completes or is abandoned.
class Io {
public:
    /// Called once, on the loop, when the request is over: it must not wait, and may submit again.
    using Complete = void (*)(Io& io, Result<> outcome);

    Io() = default;
    Io(Operation what, std::uint64_t at, std::span<std::byte> bytes, Complete complete)
        : operation{what},
          offset{at},
          data{bytes},
          on_complete{complete}
    {
    }

    Operation operation = Operation::read;
    std::uint64_t offset = 0;    ///< bytes from the start of the disk; a multiple of a sector
    std::span<std::byte> data{}; ///< pages of the disk's pool; whole sectors
    Complete on_complete = nullptr;

    bool is_in_flight() const { return in_flight_; }

private:
    template <class H>
    friend class Queue;

    std::uint16_t slot_ = 0;
    bool in_flight_ = false;
};

/// What a response's status says of its request (xen/include/public/io/blkif.h, "STATUS RETURN
/// CODES"); all 16 bits count.
constexpr Result<> outcome_of(std::int16_t status)
{
    switch (status) {
    case BLKIF_RSP_OKAY: return {};
    case BLKIF_RSP_EOPNOTSUPP: return Failure{Errc::unsupported};
    case BLKIF_RSP_ERROR: return Failure{Errc::io};
    default: return Failure{Errc::protocol};
    }
}

} // namespace lodger::blkfront
