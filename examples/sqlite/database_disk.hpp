#pragma once

#include "block_cache.hpp"
#include "journal_slot.hpp"

#include <memory>
#include <variant>

namespace examples {

/// Why a disk is not used. Nothing has been written to it then.
struct Refusal {
    char const* why;
};

/// One database with its rollback journal on a disk, as two files.
///
///     0                     the database, byte for byte what SQLite has in a file
///     start                 the journal, from half of the disk on, or later if the database is
///                           larger than that
///     end - 2 blocks        what is known of the journal: JournalSlot, twice
///
/// How long the database is its own header says. How long the journal is, and whether there is one,
/// its slots say, and that only once the bytes themselves are durable: so never more than is there,
/// whatever a loss of power leaves. A disk without slots gets them before the first write.
class DatabaseDisk {
public:
    static constexpr std::size_t least_journal = 64 << 10;

    /// Finds out what is on the disk.
    /// @return a disk to be used, why it is not one, or what reading it failed with
    static lodger::Result<std::variant<std::unique_ptr<DatabaseDisk>, Refusal>>
    open(Medium& medium);

    bool is_read_only() const { return geometry_.is_read_only; }
    std::size_t physical_sector() const { return geometry_.physical_sector; }
    bool can_flush() const { return geometry_.can_flush; }
    /// Whether it had no place for a journal when it was opened.
    bool was_new() const { return was_new_; }
    /// Whether one of the two slots was damaged: cut off while it was written, or since.
    bool has_damaged_slot() const { return has_damaged_slot_; }
    /// Bytes of the disk for the database, and for the journal.
    std::uint64_t main_room() const { return start_; }
    std::uint64_t journal_room() const { return slots_at_ - start_; }

    // The database.

    std::uint64_t main_size() const { return main_size_; }
    /// @return how many bytes there were
    lodger::Result<std::size_t> read_main(std::uint64_t at, std::span<std::byte> to);
    /// @return `no_space` where the journal begins
    lodger::Result<> write_main(std::uint64_t at, std::span<std::byte const> from);
    lodger::Result<> truncate_main(std::uint64_t size);
    lodger::Result<> sync() { return cache_.sync(); }

    // Its journal.

    bool has_journal() const { return journal_.exists != 0; }
    std::uint64_t journal_length() const { return journal_.length; }
    lodger::Result<> create_journal();
    /// Durable when it returns: this is what makes SQLite's transactions last.
    lodger::Result<> remove_journal();
    lodger::Result<std::size_t> read_journal(std::uint64_t at, std::span<std::byte> to);
    /// A write to its start begins the journal anew: SQLite writes there to begin one or to make it
    /// void, and nothing of an older one that was longer is to be found behind.
    lodger::Result<> write_journal(std::uint64_t at, std::span<std::byte const> from);
    lodger::Result<> truncate_journal(std::uint64_t length);
    lodger::Result<> sync_journal();

private:
    struct Journal {
        std::uint64_t exists = 0;
        std::uint64_t length = 0;

        bool operator==(Journal const&) const = default;
    };

    explicit DatabaseDisk(Medium& medium);

    /// What it found to be wrong, or null.
    lodger::Result<char const*> find_out();
    lodger::Result<> read_disk(std::uint64_t at, std::span<std::byte> to);
    lodger::Result<char const*> find_slots();
    lodger::Result<char const*> find_database();
    /// How long the database was before the transaction that the journal undoes; nothing if there
    /// is none to be undone.
    lodger::Result<std::optional<std::uint64_t>> size_before_journal();
    lodger::Result<char const*> check_blank();
    char const* check_room() const;
    lodger::Result<> prepare_to_write();
    /// Has the disk say what the journal is from now on; its bytes are durable already.
    lodger::Result<> become(Journal next);
    lodger::Result<> put_slot(JournalSlot const& slot);

    Geometry const geometry_;
    BlockCache cache_;
    std::uint64_t const slots_at_;
    std::uint64_t main_size_ = 0;
    std::uint64_t start_ = 0; ///< of the journal's room
    Journal journal_;         ///< as SQLite sees it
    JournalSlot on_disk_{};   ///< as the newest slot says; generation 0: there is none
    bool was_new_ = false;
    bool has_damaged_slot_ = false;
};

} // namespace examples
