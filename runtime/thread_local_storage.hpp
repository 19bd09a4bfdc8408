#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// From linker.ld: the initial values of `thread_local` variables, and the alignment (as an
/// address) by which the linker computed their offsets.
extern "C" {
extern std::byte const lodger_tls_start[];
extern std::byte const lodger_tls_values_end[];
extern std::byte const lodger_tls_end[];
extern std::byte const lodger_tls_alignment[];
}

namespace lodger::runtime {

/// The thread-local variables of one thread: they lie right below the thread pointer, which
/// points to itself (System V ABI, "variant II"; the offsets are counted from the block's end as
/// rounded up by the linker, so the rounding here must be the same).
struct ThreadLocalStorage {
    static std::size_t alignment()
    {
        return reinterpret_cast<std::uintptr_t>(lodger_tls_alignment);
    }

    /// Of the variables alone, below the thread pointer.
    static std::size_t size()
    {
        auto const size = static_cast<std::size_t>(lodger_tls_end - lodger_tls_start);
        return (size + alignment() - 1) & ~(alignment() - 1);
    }

    /// Gives the variables below `pointer`, which is aligned, their initial values.
    /// @return the thread pointer
    static void* start(std::byte* pointer)
    {
        std::byte* const block = pointer - size();
        auto const values = static_cast<std::size_t>(lodger_tls_values_end - lodger_tls_start);
        std::memcpy(block, lodger_tls_start, values);
        std::memset(block + values, 0, size() - values);
        std::memcpy(pointer, &pointer, sizeof pointer);
        return pointer;
    }
};

} // namespace lodger::runtime
