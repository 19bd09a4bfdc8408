#pragma once

#include <lodger/blkback/queue.hpp>
#include <lodger/tests/sim/world.hpp>

#include <utility>
#include <vector>

namespace lodger::sim {

/// A backend's ring that breaks the protocol when a fault of its domain strikes, and after that
/// does nothing any more.
class HostileRing {
public:
    using Request = blkback::Request;
    using Response = blkback::Response;

    HostileRing(Domain& domain, std::span<std::byte> pages)
        : domain_{domain},
          pages_{pages},
          ring_{pages}
    {
    }

    RING_IDX capacity() const { return ring_.capacity(); }
    Result<RING_IDX> available() const
    {
        return is_broken_ ? Result<RING_IDX>{0} : ring_.available();
    }
    bool final_check() { return !is_broken_ && ring_.final_check(); }

    /// A request that the domain is to refuse comes out as one that nobody knows.
    Request take();
    void put(Response response);
    bool publish();

private:
    bool is_refused(std::uint8_t operation);
    bool is_made_wrong(Response& response);
    void leap(Response const& response, std::size_t copies);

    static constexpr std::uint8_t unknown_operation = 0xff;

    Domain& domain_;
    std::span<std::byte> pages_;
    ring::BackRing<Request, Response, Memory> ring_;
    std::vector<std::pair<std::uint64_t, std::uint8_t>> refused_; ///< ids and operations
    std::uint64_t last_id_ = 0;                                   ///< of a request that is over
    bool is_broken_ = false;
    bool has_leapt_ = false;
};

} // namespace lodger::sim
