#pragma once

#include <lodger/core/shared.hpp>
#include <lodger/tests/fuzz/input.hpp>

#include <vector>

namespace lodger::fuzz {

/// The other end of shared memory, acting between any two accesses of ours: it changes what it may
/// write, as the input says, until that is used up.
class Peer {
public:
    explicit Peer(Input& input) : input_{input} { current = this; }
    Peer(Peer const&) = delete;
    Peer& operator=(Peer const&) = delete;
    ~Peer() { current = nullptr; }

    /// Memory that it may write.
    void owns(std::span<std::byte> bytes) { bytes_.push_back(bytes); }
    /// A cell in it that is worth aiming at, such as an index.
    void aims_at(std::uint32_t& cell) { cells_.push_back(&cell); }

    /// Bytes that we may copy from or to; once there are any, nothing else.
    void lets_copy(std::span<std::byte const> bytes) { copied_.push_back(bytes); }
    void check_copy(void const* shared, std::size_t size) const
    {
        auto const* const first = static_cast<std::byte const*>(shared);
        require(copied_.empty() || std::ranges::any_of(copied_, [&](auto const& bytes) {
                    return first >= bytes.data() && first + size <= bytes.data() + bytes.size();
                }));
    }

    /// Called before each access.
    void act()
    {
        if (input_.empty())
            return;
        if (quiet_ > 0) {
            --quiet_;
            return;
        }
        quiet_ = input_.take<std::uint8_t>();
        if (!cells_.empty() && quiet_ % 4 != 0)
            change_cell();
        else if (!bytes_.empty())
            change_byte();
    }

    static inline Peer* current = nullptr;

private:
    void change_cell()
    {
        std::uint32_t& cell = *cells_[input_.up_to(cells_.size() - 1)];
        auto const how = input_.take<std::uint8_t>();
        std::uint32_t value = input_.take<std::uint32_t>();
        if (how % 4 == 1) // a little ahead of or behind some cell, as real indices are
            value = *cells_[value % cells_.size()] + how;
        else if (how % 4 == 2)
            value = cell + how / 4;
        else if (how % 4 == 3)
            value = cell - how / 4;
        SharedMemory::store_release(cell, value);
    }

    void change_byte()
    {
        auto const bytes = bytes_[input_.up_to(bytes_.size() - 1)];
        SharedMemory::store_relaxed(
            reinterpret_cast<unsigned char&>(bytes[input_.up_to(bytes.size() - 1)]),
            input_.take<unsigned char>());
    }

    Input& input_;
    std::vector<std::span<std::byte>> bytes_;
    std::vector<std::uint32_t*> cells_;
    std::vector<std::span<std::byte const>> copied_;
    unsigned quiet_ = 0;
};

inline void act()
{
    if (Peer::current)
        Peer::current->act();
}

inline void check_copy(void const* shared, std::size_t size)
{
    if (Peer::current)
        Peer::current->check_copy(shared, size);
}

/// Shared memory in which the current peer acts before every access, and between the bytes of a
/// copy.
struct Memory {
    template <class T>
    static T load_acquire(T const& cell)
    {
        act();
        return SharedMemory::load_acquire(cell);
    }
    template <class T>
    static T load_relaxed(T const& cell)
    {
        act();
        return SharedMemory::load_relaxed(cell);
    }
    template <class T>
    static void store_release(T& cell, std::type_identity_t<T> value)
    {
        act();
        SharedMemory::store_release(cell, value);
    }
    template <class T>
    static void store_relaxed(T& cell, std::type_identity_t<T> value)
    {
        act();
        SharedMemory::store_relaxed(cell, value);
    }
    template <class T>
    static T exchange(T& cell, std::type_identity_t<T> value)
    {
        act();
        return SharedMemory::exchange(cell, value);
    }
    template <class T>
    static bool
    compare_exchange(T& cell, std::type_identity_t<T> expected, std::type_identity_t<T> desired)
    {
        act();
        return SharedMemory::compare_exchange(cell, expected, desired);
    }
    static void copy_in(void* to, void const* shared, std::size_t size)
    {
        check_copy(shared, size);
        act();
        SharedMemory::copy_in(to, shared, size / 2);
        act();
        SharedMemory::copy_in(
            static_cast<char*>(to) + size / 2, static_cast<char const*>(shared) + size / 2,
            size - size / 2);
    }
    static void copy_out(void* shared, void const* from, std::size_t size)
    {
        check_copy(shared, size);
        act();
        SharedMemory::copy_out(shared, from, size);
    }
    static void full_fence()
    {
        SharedMemory::full_fence();
        act();
    }
};

static_assert(SharedAccess<Memory>);

} // namespace lodger::fuzz
