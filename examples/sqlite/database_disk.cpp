#include "database_disk.hpp"

#include "database_header.hpp"

#include <algorithm>

namespace examples {

using lodger::Errc;
using lodger::Failure;
using lodger::Result;

namespace {

constexpr std::uint64_t block = BlockCache::block_size;

/// Where the labels of file systems, partitions and volumes are, those at a disk's start.
constexpr std::size_t label_room = 128 << 10;

bool is_all_zeros(std::span<std::byte const> bytes)
{
    return std::ranges::all_of(bytes, [](std::byte each) { return each == std::byte{}; });
}

/// Half of the disk, so that a transaction may change every page, or half of what the database
/// leaves.
std::uint64_t journal_start(std::uint64_t end, std::uint64_t main_size)
{
    std::uint64_t const start = main_size <= end / 2 ? end / 2 : main_size + (end - main_size) / 2;
    return start / block * block;
}

} // namespace

DatabaseDisk::DatabaseDisk(Medium& medium)
    : geometry_{medium.geometry()},
      cache_{medium},
      slots_at_{std::max(geometry_.size / block, std::uint64_t{2}) * block - 2 * block}
{
}

Result<std::variant<std::unique_ptr<DatabaseDisk>, Refusal>> DatabaseDisk::open(Medium& medium)
{
    using Opened = std::variant<std::unique_ptr<DatabaseDisk>, Refusal>;
    Geometry const geometry = medium.geometry();
    if (!geometry.is_read_only && geometry.size < label_room + least_journal)
        return Opened{Refusal{"it is too small for a database and its journal"}};
    std::unique_ptr<DatabaseDisk> disk{new (std::nothrow) DatabaseDisk{medium}};
    if (!disk)
        return Failure{Errc::no_memory};
    if (char const* const wrong = LODGER_TRY(disk->find_out()))
        return Opened{Refusal{wrong}};
    return Opened{std::move(disk)};
}

Result<char const*> DatabaseDisk::find_out()
{
    if (char const* const wrong = LODGER_TRY(find_slots()))
        return wrong;
    if (char const* const wrong = LODGER_TRY(find_database()))
        return wrong;
    was_new_ = on_disk_.generation == 0;
    if (was_new_)
        start_ = is_read_only() ? slots_at_ : journal_start(slots_at_, main_size_);
    return check_room();
}

/// Reads what is on the disk; behind its end there are zeros.
Result<> DatabaseDisk::read_disk(std::uint64_t at, std::span<std::byte> to)
{
    std::uint64_t const left = geometry_.size - std::min(at, geometry_.size);
    std::size_t const count = std::min<std::uint64_t>(to.size(), left);
    std::ranges::fill(to.subspan(count), std::byte{});
    return cache_.read(at, to.first(count));
}

Result<char const*> DatabaseDisk::find_slots()
{
    std::array<Finding, 2> findings;
    for (std::size_t i = 0; i < findings.size(); ++i) {
        std::array<std::byte, SlotBytes::size> bytes;
        LODGER_TRY(read_disk(slots_at_ + i * block, bytes));
        SlotBytes const found{bytes};
        findings[i] = found.finding();
        if (findings[i] == Finding::good && found.slot().generation > on_disk_.generation)
            on_disk_ = found.slot();
    }
    has_damaged_slot_ = std::ranges::count(findings, Finding::damaged) > 0;
    start_ = on_disk_.start;
    journal_ = {on_disk_.exists, on_disk_.length};
    if (on_disk_.generation > 0) {
        bool const fits =
            start_ % block == 0 && start_ <= slots_at_ && journal_.length <= journal_room();
        return fits ? nullptr : "its journal was made on a disk of another size";
    }
    // The first one of all was cut off while it was written: there has been no journal yet.
    if (findings == std::array{Finding::nothing, Finding::damaged})
        return nullptr;
    if (has_damaged_slot_)
        return "what it says of its journal, in the last two blocks, is damaged";
    // A disk that is only read may be all database.
    if (std::ranges::count(findings, Finding::foreign) > 0 && !geometry_.is_read_only)
        return "its last 8192 bytes, for which there is a use, hold something else";
    return nullptr;
}

Result<char const*> DatabaseDisk::find_database()
{
    std::array<std::byte, DatabaseHeader::size> bytes;
    LODGER_TRY(read_disk(0, bytes));
    DatabaseHeader const header{bytes};
    char const* const wrong = header.objection();
    std::uint64_t const said = wrong ? 0 : header.database_size();
    if (auto const before = LODGER_TRY(size_before_journal())) {
        // Still to be rolled back, so the header is anything. SQLite cuts the database to what it
        // was; were it shorter, SQLite would write zeros there first. None at all it does not try.
        main_size_ = std::max({*before, said, std::uint64_t{512}});
    } else if (header.is_blank()) {
        return on_disk_.generation > 0 ? nullptr : LODGER_TRY(check_blank());
    } else if (wrong) {
        return wrong;
    } else {
        main_size_ = said;
    }
    std::uint64_t const end = on_disk_.generation > 0  ? start_
                              : geometry_.is_read_only ? geometry_.size
                                                       : slots_at_;
    return main_size_ <= end ? nullptr : "its database is longer than the room there is for it";
}

Result<std::optional<std::uint64_t>> DatabaseDisk::size_before_journal()
{
    std::array<std::byte, JournalHeader::size> bytes{};
    if (!has_journal() || LODGER_TRY(read_journal(0, bytes)) < bytes.size())
        return std::optional<std::uint64_t>{};
    return JournalHeader{bytes}.database_size();
}

/// No database, but maybe another file system that leaves the first sector free.
Result<char const*> DatabaseDisk::check_blank()
{
    std::vector<std::byte> bytes(label_room);
    LODGER_TRY(read_disk(0, bytes));
    return is_all_zeros(bytes) ? nullptr : "it holds something else than a database";
}

char const* DatabaseDisk::check_room() const
{
    if (geometry_.is_read_only || journal_room() >= least_journal)
        return nullptr;
    return "its database leaves no room for a journal";
}

Result<> DatabaseDisk::prepare_to_write()
{
    if (on_disk_.generation > 0) [[likely]]
        return {};
    return put_slot({.generation = 1, .start = start_, .length = 0, .exists = 0});
}

Result<std::size_t> DatabaseDisk::read_main(std::uint64_t at, std::span<std::byte> to)
{
    if (at >= main_size_)
        return std::size_t{0};
    std::size_t const count = std::min<std::uint64_t>(to.size(), main_size_ - at);
    LODGER_TRY(cache_.read(at, to.first(count)));
    return count;
}

Result<> DatabaseDisk::write_main(std::uint64_t at, std::span<std::byte const> from)
{
    LODGER_TRY(prepare_to_write());
    if (at > start_ || from.size() > start_ - at)
        return Failure{Errc::no_space};
    LODGER_TRY(cache_.write(at, from));
    main_size_ = std::max(main_size_, at + from.size());
    return {};
}

Result<> DatabaseDisk::truncate_main(std::uint64_t size)
{
    LODGER_TRY(prepare_to_write());
    if (size > start_)
        return Failure{Errc::no_space};
    // To any other size SQLite writes a header that says so.
    if (size == 0)
        LODGER_TRY(cache_.write(0, std::array<std::byte, DatabaseHeader::size>{}));
    main_size_ = size;
    return {};
}

Result<> DatabaseDisk::create_journal()
{
    LODGER_TRY(prepare_to_write());
    if (!has_journal())
        journal_.length = 0;
    journal_.exists = 1;
    return {};
}

Result<> DatabaseDisk::remove_journal()
{
    return become({.exists = 0, .length = 0});
}

Result<std::size_t> DatabaseDisk::read_journal(std::uint64_t at, std::span<std::byte> to)
{
    if (at >= journal_.length)
        return std::size_t{0};
    std::size_t const count = std::min<std::uint64_t>(to.size(), journal_.length - at);
    LODGER_TRY(cache_.read(start_ + at, to.first(count)));
    return count;
}

Result<> DatabaseDisk::write_journal(std::uint64_t at, std::span<std::byte const> from)
{
    if (at > journal_room() || from.size() > journal_room() - at)
        return Failure{Errc::no_space};
    LODGER_TRY(cache_.write(start_ + at, from));
    std::uint64_t const end = at + from.size();
    journal_.length = at == 0 ? end : std::max(journal_.length, end);
    return {};
}

Result<> DatabaseDisk::truncate_journal(std::uint64_t length)
{
    if (length > journal_room())
        return Failure{Errc::no_space};
    if (length < journal_.length)
        return become({journal_.exists, length});
    journal_.length = length;
    return {};
}

Result<> DatabaseDisk::sync_journal()
{
    LODGER_TRY(cache_.sync());
    return become(journal_);
}

Result<> DatabaseDisk::become(Journal next)
{
    if (next != Journal{on_disk_.exists, on_disk_.length}) {
        JournalSlot const slot{on_disk_.generation + 1, start_, next.length, next.exists};
        auto const put = put_slot(slot);
        if (!put) {
            // It may be there or not, and must not come to be there later.
            cache_.fail(put.error());
            return put;
        }
    }
    journal_ = next;
    return {};
}

Result<> DatabaseDisk::put_slot(JournalSlot const& slot)
{
    LODGER_TRY(cache_.write(slots_at_ + slot.generation % 2 * block, SlotBytes{slot}.bytes()));
    LODGER_TRY(cache_.sync());
    on_disk_ = slot;
    return {};
}

} // namespace examples
