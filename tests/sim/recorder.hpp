#pragma once

#include <lodger/core/ids.hpp>
#include <lodger/core/time.hpp>
#include <lodger/tests/sim/arena.hpp>

#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

namespace lodger::sim {

/// A store to shared memory as it is remembered.
struct RecordedStore {
    Instant at;
    lodger::Domain by;
    Arena::Page page;
    std::size_t offset;
    std::vector<std::byte> bytes;
};

/// Remembers the stores to shared memory, so that one can ask afterwards what another domain could
/// have seen at any past instant. Bounded: what is forgotten first is the oldest. It knows of
/// stores through `sim::Memory`, which is what may race; not of ordinary ones into a page that is
/// not shared yet or was handed back.
class Recorder {
public:
    using Bytes = std::vector<std::byte>;

    explicit Recorder(std::size_t most_bytes) : most_bytes_{most_bytes} {}

    // What the world tells it: before a store, after one, and of a page that was zeroed.
    void on_page(void const* address, std::size_t size);
    void on_store(Instant at, lodger::Domain by, void const* address, std::size_t size);
    void on_new_page(Instant at, lodger::Domain by, Arena::Page page);

    std::deque<RecordedStore> const& stores() const { return stores_; }

    /// What a page held at an instant: all stores up to then, that one included. If it was before
    /// anything that is remembered, as it was when that begins.
    Bytes page_at(Arena::Page page, Instant at) const;

    /// A value, wherever somebody has it mapped, at an instant.
    template <class T>
    T value_at(T const& cell, Instant at) const
    {
        auto const page = *Arena::instance().page_of(&cell);
        std::size_t const offset = reinterpret_cast<std::uintptr_t>(&cell) % page_size;
        Bytes const bytes = page_at(page, at);
        T value;
        std::copy_n(
            bytes.begin() + static_cast<std::ptrdiff_t>(offset), sizeof value,
            reinterpret_cast<std::byte*>(&value));
        return value;
    }

    /// Goes through a page's past: calls `visit` with each store to it, and what the page held
    /// from then on until the next.
    void
    replay(Arena::Page page, std::function<void(RecordedStore const&, Bytes const&)> visit) const;

private:
    void add(RecordedStore store);
    static void apply(Bytes& page, RecordedStore const& store);

    std::size_t most_bytes_;
    std::size_t bytes_ = 0;
    std::unordered_map<Arena::Page, Bytes> before_; ///< each page before what is remembered
    std::deque<RecordedStore> stores_;
};

} // namespace lodger::sim
