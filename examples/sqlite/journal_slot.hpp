#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace examples {

/// What the disk says of the journal, in one sector of each of its two last blocks. They are
/// written in turn, so that one is whole even if the other was cut off while it was written; the
/// one with the higher generation is right.
struct JournalSlot {
    std::uint64_t generation;
    std::uint64_t start;  ///< where the journal's bytes are, from the start of the disk
    std::uint64_t length; ///< bytes of the journal; those at least are durable
    std::uint64_t exists; ///< 1 if there is a journal, which may be empty

    bool operator==(JournalSlot const&) const = default;
};

/// What is in a place where a slot should be.
enum class Finding : std::uint8_t {
    nothing, ///< zeros
    foreign, ///< what is none of ours
    damaged, ///< one of ours, and not whole
    good,
};

/// A slot as it lies on the disk: little-endian, 64 bytes, zeros up to the sector's end.
class SlotBytes {
public:
    static constexpr std::size_t size = 64;

    explicit SlotBytes(JournalSlot const& slot)
    {
        std::memcpy(bytes_.data(), magic.data(), magic.size());
        std::memcpy(&bytes_[content_at], &slot, sizeof slot);
        put_sum(sum());
    }
    explicit SlotBytes(std::span<std::byte const> from)
    {
        std::memcpy(bytes_.data(), from.data(), size);
    }

    std::span<std::byte const> bytes() const { return bytes_; }

    Finding finding() const
    {
        if (bytes_ == decltype(bytes_){})
            return Finding::nothing;
        if (std::memcmp(bytes_.data(), magic.data(), magic.size()) != 0)
            return Finding::foreign;
        std::uint32_t stored = 0;
        std::memcpy(&stored, &bytes_[sum_at], sizeof stored);
        return stored == sum() ? Finding::good : Finding::damaged;
    }

    /// Of a good one.
    JournalSlot slot() const
    {
        JournalSlot slot;
        std::memcpy(&slot, &bytes_[content_at], sizeof slot);
        return slot;
    }

private:
    static_assert(sizeof(JournalSlot) == 32);
    static constexpr std::array<char, 16> magic{"Lodger journal"};
    static constexpr std::size_t content_at = 16;
    static constexpr std::size_t sum_at = 60;

    void put_sum(std::uint32_t sum) { std::memcpy(&bytes_[sum_at], &sum, sizeof sum); }

    /// CRC-32C of all before it.
    std::uint32_t sum() const
    {
        std::uint32_t crc = ~0u;
        for (std::size_t i = 0; i < sum_at; ++i) {
            crc ^= std::to_integer<std::uint32_t>(bytes_[i]);
            for (int bit = 0; bit < 8; ++bit)
                crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        }
        return ~crc;
    }

    std::array<std::byte, size> bytes_{};
};

} // namespace examples
