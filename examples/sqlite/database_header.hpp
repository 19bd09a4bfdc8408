#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace examples {

/// Numbers are big-endian in all files of SQLite's.
inline std::uint32_t number_at(std::span<std::byte const> bytes, std::size_t at)
{
    std::uint32_t number = 0;
    for (std::byte const byte : bytes.subspan(at, 4))
        number = number << 8 | std::to_integer<std::uint32_t>(byte);
    return number;
}

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
    std::uint32_t number(std::size_t at) const { return number_at(bytes_, at); }
    /// 65536 does not fit, and is written as 1.
    std::uint32_t page_size() const
    {
        std::uint32_t const said = byte(16) << 8 | byte(17);
        return said == 1 ? 65536 : said;
    }
    std::uint32_t page_count() const { return number(28); }

    std::array<std::byte, size> bytes_;
};

/// The first bytes of a rollback journal (sqlite.org/fileformat2.html, "The Rollback Journal").
class JournalHeader {
public:
    static constexpr std::size_t size = 28;

    explicit JournalHeader(std::span<std::byte const, size> bytes) : bytes_{bytes} {}

    /// Of the database before the transaction; nothing if the journal was made void.
    std::optional<std::uint64_t> database_size() const
    {
        constexpr unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
        if (std::memcmp(bytes_.data(), magic, sizeof magic) != 0)
            return std::nullopt;
        return std::uint64_t{number_at(bytes_, page_count)} * number_at(bytes_, page_size);
    }

private:
    static constexpr std::size_t page_count = 16;
    static constexpr std::size_t page_size = 24;

    std::span<std::byte const, size> bytes_;
};

} // namespace examples
