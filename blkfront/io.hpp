#pragma once

#include <lodger/blkfront/abi.hpp>
#include <lodger/core/pages.hpp>
#include <lodger/core/result.hpp>
#include <lodger/core/time.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace lodger::blkfront {

/// What a request asks of the device. Where data moves, the protocol's number.
enum class Operation : std::uint8_t {
    read = BLKIF_OP_READ,
    write = BLKIF_OP_WRITE,
    barrier = BLKIF_OP_WRITE_BARRIER, ///< a write that nothing passes: not those before it, not
                                      ///< those after it
    flush,                            ///< makes every write that has completed durable
    discard,                          ///< the range's contents are of no use any more
    secure_discard,                   ///< and must not be recoverable
};

/// Whether it carries data, and not just the name of a place.
constexpr bool moves_data(Operation operation)
{
    return operation <= Operation::barrier;
}

/// The protocol's number of an operation (xen/include/public/io/blkif.h, "REQUEST CODES").
constexpr std::uint8_t wire_operation(Operation operation)
{
    if (moves_data(operation))
        return static_cast<std::uint8_t>(operation);
    return operation == Operation::flush ? BLKIF_OP_FLUSH_DISKCACHE : BLKIF_OP_DISCARD;
}

/// Whether every backend does it, whatever it says.
constexpr bool is_always_offered(Operation operation)
{
    return operation <= Operation::write;
}

/// Whether it changes what is on the disk.
constexpr bool modifies(Operation operation)
{
    return operation != Operation::read && operation != Operation::flush;
}

/// What a request needs of the pages that its data is in.
constexpr Access access_of(Operation operation)
{
    return operation == Operation::read ? Access::read_write : Access::read_only;
}

/// Data in memory: whole sectors of the disk's pool, not beginning inside a sector.
using Piece = std::span<std::byte>;

/// One request for the device, of any length: it becomes as many requests of the ring as it takes.
/// Owned by whoever submits it, and must stay where it is until it completes or is abandoned; so
/// must what it points to.
class Io {
public:
    /// Called once, on the loop or by whoever ends it, when the request is over: it must not wait,
    /// and may submit again.
    using Complete = void (*)(Io& io, Result<> outcome);

    Io() = default;
    Io(Operation what, std::uint64_t at, Piece bytes, Complete complete)
        : operation{what},
          offset{at},
          data{bytes},
          on_complete{complete}
    {
    }
    /// Of data in several places.
    Io(Operation what, std::uint64_t at, std::span<Piece const> list, Complete complete)
        : operation{what},
          offset{at},
          scattered{list},
          on_complete{complete}
    {
    }

    Operation operation = Operation::read;
    std::uint64_t offset = 0;           ///< bytes from the start of the disk
    std::uint64_t length = 0;           ///< bytes; of a discard only
    Piece data{};                       ///< of what moves data
    std::span<Piece const> scattered{}; ///< instead of `data`: several pieces, none of them empty
    Complete on_complete = nullptr;
    /// When it completes with `timed_out` if it is not over. The backend may touch its data even
    /// after that: memory for another request is to be had from the pool, not kept.
    Instant expires = Instant::max();

    std::span<Piece const> pieces() const
    {
        return scattered.empty() ? std::span<Piece const>{&data, 1} : scattered;
    }

    /// How much of the disk it is about, in bytes.
    std::uint64_t size() const
    {
        if (!moves_data(operation))
            return operation == Operation::flush ? 0 : length;
        if (scattered.empty()) [[likely]]
            return data.size();
        std::uint64_t sum = 0;
        for (Piece const piece : pieces())
            sum += piece.size();
        return sum;
    }

    static std::size_t offset_in_page(Piece piece)
    {
        return reinterpret_cast<std::uintptr_t>(piece.data()) % page_size;
    }

    /// From `submit` until it completes or is abandoned.
    bool is_in_flight() const { return in_flight_; }

private:
    template <class H>
    friend class Queue;
    template <Hypervisor H>
    friend class Flow;
    template <Hypervisor H>
    friend struct Segments;
    friend class IoList;
    friend class ExpiryList;
    friend struct Slot;

    /// The next bytes to put into a request of the ring.
    struct Position {
        std::size_t piece = 0;
        std::size_t at = 0;
    };

    bool is_issued() const { return issued_ == size_; }
    bool is_timed() const { return expires != Instant::max(); }

    /// What is left of the data's next page; the position moves behind it.
    Piece take_segment(Position& position) const
    {
        Piece const rest = pieces()[position.piece].subspan(position.at);
        Piece const segment = rest.first(std::min(rest.size(), page_size - offset_in_page(rest)));
        position.at += segment.size();
        if (segment.size() == rest.size())
            position = {position.piece + 1, 0};
        return segment;
    }

    /// Whether all of it is within a page.
    bool is_in_one_page() const
    {
        return scattered.empty() && offset_in_page(data) + data.size() <= page_size;
    }

    /// Whether more segments are left than `limit`.
    bool has_more_segments_than(std::size_t limit) const
    {
        // A segment has at least a sector.
        if (size_ - issued_ <= limit * wire_sector) [[likely]]
            return false;
        std::uint64_t left = size_ - issued_;
        Position position = position_;
        std::size_t count = 0;
        while (left > 0 && count <= limit) {
            Piece const rest = pieces()[position.piece].subspan(position.at);
            count += (offset_in_page(rest) + rest.size() + page_size - 1) / page_size;
            left -= rest.size();
            position = {position.piece + 1, 0};
        }
        return count > limit;
    }

    void start(std::uint64_t sequence)
    {
        sequence_ = sequence;
        size_ = moves_data(operation) ? size() : 1; // What moves no data is one part all the same.
        in_flight_ = true;
        rewind();
    }

    /// To begin anew: nothing of it is in a ring.
    void rewind()
    {
        position_ = {};
        issued_ = 0;
        outcome_ = {};
        must_repeat_ = false;
    }

    Io* next_ = nullptr;         ///< in an `IoList`
    Io* timed_before_ = nullptr; ///< in an `ExpiryList`
    Io* timed_after_ = nullptr;
    std::uint64_t sequence_ = 0;
    std::uint64_t size_ = 0;
    std::uint64_t issued_ = 0; ///< bytes of it that are, or were, in the ring
    Position position_;
    Result<> outcome_;
    std::uint16_t in_ring_ = 0; ///< requests of the ring not answered yet
    bool in_flight_ = false;
    bool must_repeat_ = false; ///< the backend refused the form of the request
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
