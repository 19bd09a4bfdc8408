#pragma once

#include <lodger/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lodger::blkback {

/// What a medium is, in bytes.
struct Geometry {
    std::uint64_t size = 0; ///< whole sectors
    std::uint32_t sector_size = 512;
    std::uint32_t physical_sector_size = 512;
    std::uint32_t info = 0; ///< `VDISK_*`
    std::uint32_t discard_granularity = 512;
    std::uint32_t discard_alignment = 0;
};

enum class Action : std::uint8_t { read, write, flush, discard };

/// One thing that a medium is asked to do. It stays where it is until it is finished or cancelled.
struct Task {
    Action action = Action::read;
    bool is_secure = false;   ///< a discard that leaves nothing to be found
    std::uint64_t offset = 0; ///< bytes from the start; it and the length lie on the medium
    std::uint64_t length = 0; ///< bytes; 0 for a flush
    /// The memory to read into or to write from: the frontend's, which may change at any moment
    /// and is only ever copied (`SharedMemory`).
    std::span<std::span<std::byte> const> pieces{};
    void (*on_finish)(Task& task, Result<> outcome) = nullptr;

    /// @param outcome `unsupported` if the medium cannot do such a thing at all
    void finish(Result<> outcome) { on_finish(*this, outcome); }
};

/// What a block backend serves its requests from.
///
/// `begin` starts a task and must not wait; the medium finishes it at once or whenever it likes, in
/// any order. What is finished before a flush begins is safe once the flush is finished. `cancel`
/// makes it forget a task that was begun: nothing of it is touched afterwards.
template <class M>
concept Medium = requires(M& medium, Task& task) {
    { std::as_const(medium).geometry() } -> std::same_as<Geometry>;
    { medium.begin(task) } -> std::same_as<void>;
    { medium.cancel(task) } -> std::same_as<void>;
};

} // namespace lodger::blkback
