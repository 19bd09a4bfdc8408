#pragma once

#include <lodger/core/shared.hpp>
#include <lodger/tests/model/replay.hpp>

#include <algorithm>
#include <span>
#include <string>

namespace lodger::model {

/// One CPU's stores that no other CPU sees yet, oldest first: x86's memory model ("x86-TSO: a
/// rigorous and usable programmer's model for x86 multiprocessors", Sewell et al., 2010). A load
/// takes the newest store of its own CPU to that cell, or else memory's value. Stores reach memory
/// in order, at any time.
struct StoreBuffer {
    static constexpr std::size_t most = 12;

    std::array<std::uint32_t, most> values{};
    std::array<std::uint8_t, most> cells{};
    std::uint16_t count = 0;
    std::uint16_t early = 0; ///< a bit for each that may overtake those before it

    bool operator==(StoreBuffer const&) const = default;

    void add(std::uint8_t cell, std::uint32_t value, bool is_early)
    {
        if (count == most)
            throw Blocked{};
        values[count] = value;
        cells[count] = cell;
        early = static_cast<std::uint16_t>(early | is_early << count);
        ++count;
    }

    /// Whether the store may be the next to reach memory.
    bool may_drain(std::size_t at) const
    {
        for (std::size_t older = 0; older < at; ++older) {
            if (!(early >> at & 1) || cells[older] == cells[at])
                return false;
        }
        return at < count;
    }

    void remove(std::size_t at)
    {
        std::shift_left(values.begin() + at, values.end(), 1);
        std::shift_left(cells.begin() + at, cells.end(), 1);
        values.back() = 0;
        cells.back() = 0;
        unsigned const kept = early & ((1u << at) - 1);
        early = static_cast<std::uint16_t>(kept | (early >> (at + 1) << at));
        --count;
    }
};

/// Where the shared memory of a model is: some 32-bit indices, then data that is copied in units.
/// The bytes themselves are only addresses; what they hold is part of the model's state.
struct Layout {
    std::byte const* start = nullptr;
    std::size_t data_at = 0; ///< bytes from the start
    std::size_t unit = 4;    ///< bytes that are copied at once
    static constexpr std::uint8_t indices = 4;
    std::array<std::string_view, indices> names{}; ///< the indices'

    std::string name(std::uint8_t cell) const
    {
        return cell < indices ? std::string{names[cell]} : "slot " + std::to_string(cell - indices);
    }

    std::uint8_t cell_of(void const* address) const
    {
        auto const offset =
            static_cast<std::size_t>(static_cast<std::byte const*>(address) - start);
        return static_cast<std::uint8_t>(
            offset < data_at ? offset / 4 : indices + (offset - data_at) / unit);
    }
};

/// What is left out of the code on purpose, to see that the model notices.
struct Omission {
    bool fence = false;   ///< full fences order nothing
    bool release = false; ///< an index may be seen before what was stored ahead of it
};

/// One CPU, while it runs one operation for one access more.
class Cpu {
public:
    using Accesses = Log<std::uint32_t, 6>;

    Cpu(Layout const& layout, std::span<std::uint32_t> memory, StoreBuffer& buffer,
        Accesses& accesses, Omission omission)
        : layout_{layout},
          memory_{memory},
          buffer_{buffer},
          replay_{accesses},
          omission_{omission}
    {
        running = this;
    }
    Cpu(Cpu const&) = delete;
    Cpu& operator=(Cpu const&) = delete;
    ~Cpu() { running = nullptr; }

    std::uint32_t load(void const* address)
    {
        return replay_.access([&] {
            std::uint8_t const cell = layout_.cell_of(address);
            for (std::uint8_t i = buffer_.count; i > 0; --i) {
                if (buffer_.cells[i - 1] == cell)
                    return tell("loads ", cell, buffer_.values[i - 1]);
            }
            return tell("loads ", cell, memory_[cell]);
        });
    }

    void store(void const* address, std::uint32_t value, bool is_release)
    {
        replay_.access([&] {
            std::uint8_t const cell = layout_.cell_of(address);
            buffer_.add(cell, value, is_release && omission_.release);
            return tell("stores ", cell, value);
        });
    }

    void fence()
    {
        if (!omission_.fence)
            locked("fence", [] {});
    }

    /// An instruction that waits for the buffer to drain: a fence, or one with a lock prefix, as
    /// those with which Xen raises an event and a guest clears one.
    template <class Effect>
    void locked(char const* name, Effect effect)
    {
        replay_.access([&] {
            if (buffer_.count > 0)
                throw Blocked{};
            effect();
            story += name;
            return 0u;
        });
    }

    std::size_t unit() const { return layout_.unit; }

    inline static Cpu* running = nullptr;
    std::string story; ///< what the access was

private:
    std::uint32_t tell(char const* verb, std::uint8_t cell, std::uint32_t value)
    {
        story = verb + layout_.name(cell) + " = " + std::to_string(value);
        return value;
    }

    Layout const& layout_;
    std::span<std::uint32_t> memory_;
    StoreBuffer& buffer_;
    Replay<std::uint32_t, 6> replay_;
    Omission omission_;
};

/// Shared memory as the running `Cpu` sees it: what the shipped rings are made with here.
struct TsoMemory {
    template <class T>
    static T load_acquire(T const& cell)
    {
        return load_relaxed(cell);
    }

    template <class T>
    static T load_relaxed(T const& cell)
    {
        static_assert(sizeof(T) == 4);
        return Cpu::running ? Cpu::running->load(&cell) : cell;
    }

    template <class T>
    static void store_release(T& cell, std::type_identity_t<T> value)
    {
        store(cell, value, true);
    }

    template <class T>
    static void store_relaxed(T& cell, std::type_identity_t<T> value)
    {
        store(cell, value, false);
    }

    static unsigned exchange(unsigned& cell, unsigned value);         // no ring does
    static bool compare_exchange(unsigned& cell, unsigned, unsigned); // no ring does

    static void copy_in(void* to, void const* shared, std::size_t size)
    {
        auto* target = static_cast<std::byte*>(to);
        auto const* source = static_cast<std::byte const*>(shared);
        for (std::size_t const unit = Cpu::running->unit(); size > 0; size -= unit) {
            std::uint32_t const value = Cpu::running->load(source);
            std::memcpy(target, &value, unit);
            target += unit;
            source += unit;
        }
    }

    static void copy_out(void* shared, void const* from, std::size_t size)
    {
        auto* target = static_cast<std::byte*>(shared);
        auto const* source = static_cast<std::byte const*>(from);
        for (std::size_t const unit = Cpu::running->unit(); size > 0; size -= unit) {
            std::uint32_t value = 0;
            std::memcpy(&value, source, unit);
            Cpu::running->store(target, value, false);
            target += unit;
            source += unit;
        }
    }

    static void full_fence() { Cpu::running->fence(); }

private:
    template <class T>
    static void store(T& cell, T value, bool is_release)
    {
        static_assert(sizeof(T) == 4);
        if (Cpu::running)
            Cpu::running->store(&cell, value, is_release);
        else
            cell = value; // A ring is being laid out, and nobody else sees it.
    }
};

static_assert(SharedAccess<TsoMemory>);

} // namespace lodger::model
