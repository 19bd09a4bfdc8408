#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lodger {

/// Access to memory that another domain, or Xen, reads and writes at any time. Nothing else in the
/// library touches such memory, so that every load happens exactly once, with the order that it
/// names, and a test can put an access of its own in between.
struct SharedMemory {
    /// What is loaded or copied afterwards is at least as new as this value.
    template <class T>
        requires std::is_integral_v<T>
    static T load_acquire(T const& cell)
    {
        return __atomic_load_n(&cell, __ATOMIC_ACQUIRE);
    }

    template <class T>
        requires std::is_integral_v<T>
    static T load_relaxed(T const& cell)
    {
        return __atomic_load_n(&cell, __ATOMIC_RELAXED);
    }

    /// Whoever sees this value sees everything stored or copied before it.
    template <class T>
        requires std::is_integral_v<T>
    static void store_release(T& cell, std::type_identity_t<T> value)
    {
        __atomic_store_n(&cell, value, __ATOMIC_RELEASE);
    }

    template <class T>
        requires std::is_integral_v<T>
    static void store_relaxed(T& cell, std::type_identity_t<T> value)
    {
        __atomic_store_n(&cell, value, __ATOMIC_RELAXED);
    }

    template <class T>
        requires std::is_integral_v<T>
    static T exchange(T& cell, std::type_identity_t<T> value)
    {
        return __atomic_exchange_n(&cell, value, __ATOMIC_ACQ_REL);
    }

    /// Stores `desired` only if the cell still holds `expected`.
    /// @return whether it did
    template <class T>
        requires std::is_integral_v<T>
    static bool
    compare_exchange(T& cell, std::type_identity_t<T> expected, std::type_identity_t<T> desired)
    {
        return __atomic_compare_exchange_n(
            &cell, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }

    /// Copies a peer's bytes out of shared memory, each once; check and use only the copy
    /// (XSA-155). The compiler may not go back to the source afterwards.
    [[gnu::always_inline]] static void copy_in(void* to, void const* shared, std::size_t size)
    {
        if (is_few_words(size)) {
            auto const* const words = static_cast<Word const*>(shared);
#pragma GCC unroll 4
            for (std::size_t i = 0; i < size / sizeof(Word); ++i) {
                Word const word = __atomic_load_n(&words[i], __ATOMIC_RELAXED);
                std::memcpy(static_cast<std::byte*>(to) + i * sizeof word, &word, sizeof word);
            }
            return;
        }
        std::memcpy(to, shared, size);
        __asm__ __volatile__("" : : "r"(to) : "memory");
    }

    /// Copies our bytes into shared memory; a `store_release` of an index publishes them.
    [[gnu::always_inline]] static void copy_out(void* shared, void const* from, std::size_t size)
    {
        if (is_few_words(size)) {
            auto* const words = static_cast<Word*>(shared);
#pragma GCC unroll 4
            for (std::size_t i = 0; i < size / sizeof(Word); ++i) {
                Word word;
                std::memcpy(
                    &word, static_cast<std::byte const*>(from) + i * sizeof word, sizeof word);
                __atomic_store_n(&words[i], word, __ATOMIC_RELAXED);
            }
            return;
        }
        __asm__ __volatile__("" : : "r"(from) : "memory");
        std::memcpy(shared, from, size);
    }

    /// Orders every earlier store before every later load, the one reordering that x86 does.
    /// Say at each use which store and which load.
    static void full_fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

private:
    using Word [[gnu::may_alias]] = std::uint64_t;

    /// Whether something is copied in registers: a size, known to the compiler, of an aligned
    /// object that is nothing but words.
    [[gnu::always_inline]] static bool is_few_words(std::size_t size)
    {
        return __builtin_constant_p(size) && size % sizeof(Word) == 0 && size <= 4 * sizeof(Word);
    }
};

/// The way to shared memory that a hypervisor offers: `SharedMemory` itself, or one that records
/// and disturbs each access.
template <class M>
concept SharedAccess = requires(unsigned& cell, void* bytes, void const* source) {
    { M::load_acquire(cell) } -> std::same_as<unsigned>;
    { M::load_relaxed(cell) } -> std::same_as<unsigned>;
    { M::store_release(cell, 1u) } -> std::same_as<void>;
    { M::store_relaxed(cell, 1u) } -> std::same_as<void>;
    { M::exchange(cell, 1u) } -> std::same_as<unsigned>;
    { M::compare_exchange(cell, 0u, 1u) } -> std::same_as<bool>;
    { M::copy_in(bytes, source, std::size_t{1}) } -> std::same_as<void>;
    { M::copy_out(bytes, source, std::size_t{1}) } -> std::same_as<void>;
    { M::full_fence() } -> std::same_as<void>;
};

static_assert(SharedAccess<SharedMemory>);

} // namespace lodger
