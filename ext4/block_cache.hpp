#pragma once

#include <lodger/ext4/medium.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace lodger::ext4 {

/// The bytes of a medium at any offset and of any length, with as many of its pages in memory as
/// there is room for.
///
/// What is written in small pieces stays in memory until `write_back`, or until there is much of
/// it; it reaches the medium in any order. Large pieces go to the medium and come from it at once.
/// What was taken in and cannot be written is not dropped: it stays here, and every `write_back`
/// tries again. A large piece that cannot be written was not taken in.
class BlockCache {
public:
    static constexpr std::size_t page = 4096;
    /// So many bytes at least are moved without being kept.
    static constexpr std::size_t bulk = 32 * 1024;
    static constexpr std::size_t least_pages = 64;

    /// @return `no_memory`
    static Result<std::unique_ptr<BlockCache>> create(Medium& medium, std::size_t bytes);

    std::uint64_t size() const { return geometry_.size; }
    bool is_read_only() const { return geometry_.is_read_only; }

    /// @param offset with the length inside the medium, else `out_of_range`
    /// @param ahead bytes behind them that will be wanted soon
    Result<> read(std::uint64_t offset, Piece to, std::uint64_t ahead = 0);
    Result<> write(std::uint64_t offset, ConstPiece from);
    Result<> zero(std::uint64_t offset, std::uint64_t length);

    /// Has the medium have all that was written.
    Result<> write_back();
    /// The same, and makes it durable.
    Result<> flush();

private:
    using Number = std::uint64_t; ///< of a page of the medium
    static constexpr std::uint32_t none = ~0u;
    static constexpr std::size_t most_ahead = 16;
    static constexpr std::size_t most_in_run = 64;

    struct Slot {
        Number number = 0;
        std::uint32_t next = none; ///< in its chain
        bool in_use = false;
        bool was_used = false; ///< since it was last a candidate for another page
        bool dirty = false;
        bool is_awaited = false; ///< it was taken for a page that is being read
    };

    BlockCache(Medium& medium, std::unique_ptr<std::byte[]> memory, std::size_t pages);

    Result<> check(std::uint64_t offset, std::uint64_t length) const;
    Piece bytes_of(std::uint32_t slot) const;
    std::size_t length_of(Number number) const;
    std::uint32_t& chain_of(Number number) { return heads_[number % heads_.size()]; }
    std::uint32_t find(Number number);
    void forget(std::uint32_t slot);
    Result<std::uint32_t> find_victim();
    Result<std::uint32_t> take(Number number);
    Result<std::uint32_t> load(Number number, std::size_t ahead);
    Result<> load_run(Number first, std::size_t count);
    Result<Piece> writable(Number number, std::size_t length);
    std::size_t bulk_at(std::uint64_t offset, std::size_t length) const;
    Result<> read_bulk(std::uint64_t offset, Piece to);
    Result<> write_bulk(std::uint64_t offset, ConstPiece from);
    Result<> write_run(std::span<std::uint32_t const> slots);

    Medium& medium_;
    Geometry const geometry_;
    std::unique_ptr<std::byte[]> memory_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> heads_;
    std::vector<std::uint32_t> order_; ///< of what is written back, with room for all
    std::size_t hand_ = 0;             ///< the next candidate for another page
    std::size_t dirty_ = 0;
    std::optional<Errc> failed_; ///< what came of the last `write_back`, if not all was written
};

} // namespace lodger::ext4
