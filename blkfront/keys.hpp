#pragma once

#include <lodger/store/client.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace lodger::blkfront {

/// The backend's keys that say what its device is and can do.
enum class Key : std::uint8_t {
    sectors,
    sector_size,
    physical_sector_size,
    info,
    feature_barrier,
    feature_flush_cache,
    feature_discard,
    discard_granularity,
    discard_alignment,
    discard_secure,
    feature_persistent,
    feature_max_indirect_segments,
    max_ring_page_order,
    max_ring_pages,
    multi_queue_max_queues,
};

struct KeyInfo {
    Key key;
    std::string_view name;
    std::uint64_t fallback; ///< what a device without the key is taken to say
    std::string_view meaning;
};

/// One line a key (xen/include/public/io/blkif.h, "Backend XenBus Nodes"). Every key is optional:
/// a device that says nothing is an empty, plain one.
inline constexpr std::array keys = {
    KeyInfo{Key::sectors, "sectors", 0, "size, in units of 512 bytes"},
    KeyInfo{Key::sector_size, "sector-size", 512, "bytes; smallest unit of access"},
    KeyInfo{Key::physical_sector_size, "physical-sector-size", 0, "bytes; 0 as sector-size"},
    KeyInfo{Key::info, "info", 0, "VDISK_* bits"},
    KeyInfo{Key::feature_barrier, "feature-barrier", 0, "write barriers"},
    KeyInfo{Key::feature_flush_cache, "feature-flush-cache", 0, "flush"},
    KeyInfo{Key::feature_discard, "feature-discard", 0, "discard"},
    KeyInfo{Key::discard_granularity, "discard-granularity", 0, "bytes"},
    KeyInfo{Key::discard_alignment, "discard-alignment", 0, "bytes"},
    KeyInfo{Key::discard_secure, "discard-secure", 0, "secure discard"},
    KeyInfo{Key::feature_persistent, "feature-persistent", 0, "persistent grants"},
    KeyInfo{
        Key::feature_max_indirect_segments, "feature-max-indirect-segments", 0,
        "most segments of an indirect request"},
    KeyInfo{Key::max_ring_page_order, "max-ring-page-order", 0, "log2 of the ring's pages"},
    KeyInfo{Key::max_ring_pages, "max-ring-pages", 0, "the older name: the ring's pages"},
    KeyInfo{Key::multi_queue_max_queues, "multi-queue-max-queues", 1, "rings"},
};

static_assert(
    [] {
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (keys[i].key != static_cast<Key>(i))
                return false;
        return true;
    }(),
    "a key's row is found by its number");

/// What a backend said, by key.
class KeyValues {
public:
    constexpr KeyValues()
    {
        for (KeyInfo const& key : keys)
            (*this)[key.key] = key.fallback;
    }

    constexpr std::uint64_t& operator[](Key key) { return values_[static_cast<std::size_t>(key)]; }
    constexpr std::uint64_t operator[](Key key) const
    {
        return values_[static_cast<std::size_t>(key)];
    }

    constexpr void set(Key key, std::uint64_t value)
    {
        (*this)[key] = value;
        said_ |= 1u << static_cast<unsigned>(key);
    }
    /// Whether it is what the backend said, and not the fallback.
    constexpr bool is_said(Key key) const { return said_ >> static_cast<unsigned>(key) & 1; }

private:
    std::array<std::uint64_t, keys.size()> values_{};
    std::uint32_t said_ = 0;
};

/// Reads all keys of a backend with the requests under way together.
/// @return `protocol` for a value that is not a decimal number; a key that is missing, or may not
/// be read, has its fallback
template <Hypervisor H>
Result<KeyValues> read_keys(store::Client<H>& store, std::string_view backend, Deadline deadline)
{
    std::array<store::Path, keys.size()> paths = [&]<std::size_t... i>(std::index_sequence<i...>) {
        return std::array{store::Path{backend, keys[i].name}...};
    }(std::make_index_sequence<keys.size()>{});
    KeyValues values;
    LODGER_TRY(store.read_each(
        paths, deadline, [&](std::size_t index, Result<std::string_view> const& text) -> Result<> {
            if (text)
                values.set(keys[index].key, LODGER_TRY(parse<std::uint64_t>(*text)));
            else if (text.error() == Errc::too_large)
                return Failure{Errc::protocol};
            else if (text.error() != Errc::not_found && text.error() != Errc::denied)
                return Failure{text.error()};
            return {};
        }));
    return values;
}

} // namespace lodger::blkfront
