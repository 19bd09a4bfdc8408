#pragma once

#include <lodger/core/shared.hpp>

#include <cstddef>
#include <functional>

namespace lodger::test {

/// Shared memory in which the other end acts between two accesses: before the access of the given
/// number, `action` runs, once.
struct DisturbedMemory {
    static inline std::size_t accesses = 0;
    static inline std::size_t strike_at = 0; ///< counted from 1; 0 for never
    static inline std::function<void()> action;

    static void arm(std::size_t at, std::function<void()> what)
    {
        accesses = 0;
        strike_at = at;
        action = std::move(what);
    }

    static void step()
    {
        if (++accesses == strike_at)
            action();
    }

    template <class T>
    static T load_acquire(T const& cell)
    {
        step();
        return SharedMemory::load_acquire(cell);
    }
    template <class T>
    static T load_relaxed(T const& cell)
    {
        step();
        return SharedMemory::load_relaxed(cell);
    }
    template <class T>
    static void store_release(T& cell, std::type_identity_t<T> value)
    {
        step();
        SharedMemory::store_release(cell, value);
    }
    template <class T>
    static void store_relaxed(T& cell, std::type_identity_t<T> value)
    {
        step();
        SharedMemory::store_relaxed(cell, value);
    }
    template <class T>
    static T exchange(T& cell, std::type_identity_t<T> value)
    {
        step();
        return SharedMemory::exchange(cell, value);
    }
    template <class T>
    static bool
    compare_exchange(T& cell, std::type_identity_t<T> expected, std::type_identity_t<T> desired)
    {
        step();
        return SharedMemory::compare_exchange(cell, expected, desired);
    }
    static void copy_in(void* to, void const* shared, std::size_t size)
    {
        step();
        SharedMemory::copy_in(to, shared, size);
    }
    static void copy_out(void* shared, void const* from, std::size_t size)
    {
        step();
        SharedMemory::copy_out(shared, from, size);
    }
    static void full_fence()
    {
        step();
        SharedMemory::full_fence();
    }
};

static_assert(SharedAccess<DisturbedMemory>);

} // namespace lodger::test
