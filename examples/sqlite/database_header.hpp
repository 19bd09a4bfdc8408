#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace examples {

/// The first bytes of a database (sqlite.org/fileformat2.html, "The Database Header").
class DatabaseHeader {
public:
    static constexpr std::size_t size = 100;

    explicit DatabaseHeader(std::span<std::byte const, size> bytes)
    {
        std::memcpy(bytes_.data(), bytes.data(), size);
    }

    bool is_blank() const { return bytes_ == decltype(bytes_){}; }

    /// What keeps it from being a database, or from being used here; null if nothing does.
    char const* objection() const
    {
        if (std::memcmp(bytes_.data(), magic, sizeof magic) != 0)
            return "it holds something else than a database";
        if (!std::has_single_bit(page_size()) || page_size() < 512)
            return "its database is damaged: there are no pages of that size";
        if (byte(18) > 1 || byte(19) > 1)
            return "its database is in WAL mode, which takes a second file; have SQLite do "
                   "\"PRAGMA journal_mode=DELETE\" with it on the host";
        // What SQLite before 3.7.0 has written leaves the size to the file system.
        if (page_count() == 0 || number(change_counter) != number(version_valid_for))
            return "its database does not say how long it is; have SQLite 3.7.0 or later do "
                   "\"VACUUM\" with it on the host";
        return nullptr;
    }

    std::uint64_t database_size() const { return std::uint64_t{page_size()} * page_count(); }

private:
    static constexpr char magic[16] = "SQLite format 3";
    static constexpr std::size_t change_counter = 24;
    static constexpr std::size_t version_valid_for = 92;

    unsigned byte(std::size_t at) const { return std::to_integer<unsigned>(bytes_[at]); }
    std::uint32_t number(std::size_t at) const
    {
        return byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    }
    /// 65536 does not fit, and is written as 1.
    std::uint32_t page_size() const
    {
        std::uint32_t const said = byte(16) << 8 | byte(17);
        return said == 1 ? 65536 : said;
    }
    std::uint32_t page_count() const { return number(28); }

    std::array<std::byte, size> bytes_;
};

} // namespace examples
