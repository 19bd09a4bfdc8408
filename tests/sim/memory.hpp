#pragma once

#include <lodger/core/shared.hpp>

#include <algorithm>

namespace lodger::sim {

/// What happens around an access to shared memory in the current world, if there is one. Before
/// it, another domain may run; around a store, the world takes note of it.
void before_shared_access();
void before_shared_store(void const* address, std::size_t size);
void after_shared_store(void const* address, std::size_t size);
/// How many of `size` bytes to copy before another domain may run.
std::size_t copy_piece(std::size_t size);

/// Shared memory as a simulated domain touches it: `SharedMemory`, with the world looking on.
struct Memory {
    template <class T>
    static T load_acquire(T const& cell)
    {
        before_shared_access();
        return SharedMemory::load_acquire(cell);
    }

    template <class T>
    static T load_relaxed(T const& cell)
    {
        before_shared_access();
        return SharedMemory::load_relaxed(cell);
    }

    template <class T>
    static void store_release(T& cell, std::type_identity_t<T> value)
    {
        before_shared_access();
        before_shared_store(&cell, sizeof cell);
        SharedMemory::store_release(cell, value);
        after_shared_store(&cell, sizeof cell);
    }

    template <class T>
    static void store_relaxed(T& cell, std::type_identity_t<T> value)
    {
        before_shared_access();
        before_shared_store(&cell, sizeof cell);
        SharedMemory::store_relaxed(cell, value);
        after_shared_store(&cell, sizeof cell);
    }

    template <class T>
    static T exchange(T& cell, std::type_identity_t<T> value)
    {
        before_shared_access();
        before_shared_store(&cell, sizeof cell);
        T const old = SharedMemory::exchange(cell, value);
        after_shared_store(&cell, sizeof cell);
        return old;
    }

    template <class T>
    static bool
    compare_exchange(T& cell, std::type_identity_t<T> expected, std::type_identity_t<T> desired)
    {
        before_shared_access();
        before_shared_store(&cell, sizeof cell);
        bool const done = SharedMemory::compare_exchange(cell, expected, desired);
        if (done)
            after_shared_store(&cell, sizeof cell);
        return done;
    }

    static void copy_in(void* to, void const* shared, std::size_t size)
    {
        auto* target = static_cast<std::byte*>(to);
        auto const* source = static_cast<std::byte const*>(shared);
        while (size > 0) {
            before_shared_access();
            std::size_t const piece = copy_piece(size);
            SharedMemory::copy_in(target, source, piece);
            target += piece;
            source += piece;
            size -= piece;
        }
    }

    static void copy_out(void* shared, void const* from, std::size_t size)
    {
        auto* target = static_cast<std::byte*>(shared);
        auto const* source = static_cast<std::byte const*>(from);
        while (size > 0) {
            before_shared_access();
            std::size_t const piece = copy_piece(size);
            before_shared_store(target, piece);
            SharedMemory::copy_out(target, source, piece);
            after_shared_store(target, piece);
            target += piece;
            source += piece;
            size -= piece;
        }
    }

    static void full_fence()
    {
        SharedMemory::full_fence();
        before_shared_access();
    }
};

static_assert(SharedAccess<Memory>);

} // namespace lodger::sim
