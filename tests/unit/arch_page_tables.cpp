#include <lodger/arch/x86/page_tables.hpp>

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace lodger;
using namespace lodger::arch;

namespace {

// An image of 14 pages at 1 MiB: code, constants, variables.
constexpr std::uint64_t image = 256;
constexpr std::uint64_t constants = image + 4;
constexpr std::uint64_t variables = constants + 2;
constexpr std::uint64_t image_end = variables + 8;

constexpr std::uint64_t root_page = 1;
constexpr std::uint64_t pages_per_chunk = entries_per_table;
constexpr std::uint64_t pages_per_gib = 1 << 18;

/// Memory without contents, except for page tables. Frames differ from pages, so that mistaking
/// one for the other is seen; and what became a table may no longer be filled as a page.
template <bool large>
class FakeMachine {
public:
    static constexpr std::uint64_t entry_flags() { return large ? 0 : entry_user; }
    static constexpr std::uint64_t first_frame = large ? 0 : 0x7'0000;

    explicit FakeMachine(BootInfo const& boot) : boot_{boot} {}

    std::optional<std::uint64_t> frame_of(std::uint64_t page) const
    {
        for (PageRange const& range : boot_.memory)
            if (page >= range.first.value && page < range.end().value)
                return page + first_frame;
        return std::nullopt;
    }
    bool is_large(std::uint64_t first) const
    {
        for (std::uint64_t page = first; page < first + entries_per_table; ++page)
            if (!frame_of(page))
                return false;
        return large;
    }
    Table table_in(std::uint64_t frame) { return Table{tables_[frame - first_frame]}; }
    Table table_at(std::uint64_t page)
    {
        REQUIRE(frame_of(page));
        REQUIRE(sealed_.count(page) == 0);
        // What a page holds before it is a table may be anything.
        tables_[page].fill(0xdead'beef'dead'beef);
        return Table{tables_[page]};
    }
    Table root() { return Table{tables_[root_page]}; }
    void set(std::uint64_t& entry, std::uint64_t value) { pending_.emplace_back(&entry, value); }
    Result<> flush()
    {
        for (auto const& [entry, value] : pending_)
            *entry = value;
        pending_.clear();
        return {};
    }
    Result<> change(std::uint64_t, std::uint64_t& entry, std::uint64_t value)
    {
        REQUIRE(pending_.empty());
        entry = value;
        return {};
    }
    Protection protection(std::uint64_t page) const
    {
        if (page == 0)
            return Protection::none;
        if (page >= image && page < constants)
            return Protection::execute;
        return page >= constants && page < variables ? Protection::read_only
                                                     : Protection::read_write;
    }
    Result<> seal(std::uint64_t page)
    {
        REQUIRE(sealed_.insert(page).second);
        return {};
    }

    std::uint64_t table_entry(std::uint64_t page) const
    {
        return entry_for_table(page + first_frame, entry_flags());
    }
    std::array<std::uint64_t, entries_per_table>& raw(std::uint64_t page) { return tables_[page]; }

private:
    BootInfo const& boot_;
    std::map<std::uint64_t, std::array<std::uint64_t, entries_per_table>> tables_;
    std::set<std::uint64_t> sealed_;
    std::vector<std::pair<std::uint64_t*, std::uint64_t>> pending_;
};

/// A guest as an entry finds it: the tables that map what the builder placed, without protection.
template <bool large>
struct Guest {
    using Machine = FakeMachine<large>;

    BootInfo boot;
    Machine machine{boot};
    PageTables<Machine> tables{machine};

    explicit Guest(std::vector<PageRange> const& memory)
    {
        for (PageRange const& range : memory)
            boot.memory.add(range);
        boot.occupied.add({Pfn{image}, image_end - image});
        boot.first_free = Pfn{image_end};
        machine.raw(root_page)[0] = machine.table_entry(2);
        machine.raw(2)[0] = machine.table_entry(3);
        large ? map_first_gib() : map_first_chunks();
    }

    void map_first_gib()
    {
        for (std::uint64_t i = 0; i < entries_per_table; ++i)
            machine.raw(3)[i] = i << 21 | entry_present | entry_writable | entry_used | entry_large;
    }

    void map_first_chunks()
    {
        for (std::uint64_t chunk = 0; chunk < 2; ++chunk) {
            machine.raw(3)[chunk] = machine.table_entry(4 + chunk);
            for (std::uint64_t i = 0; i < entries_per_table; ++i)
                if (auto const frame = machine.frame_of(chunk * entries_per_table + i))
                    machine.raw(4 + chunk)[i] = *frame << 12 | entry_present | entry_writable;
        }
    }

    /// The entry that decides about a page, large or not; 0 when it is not mapped.
    std::uint64_t leaf(std::uint64_t page)
    {
        std::uint64_t entry = machine.raw(root_page)[0];
        for (int shift : {18, 9, 0}) {
            if ((entry & entry_present) == 0 || (shift == 0 && (entry & entry_large) != 0))
                return entry;
            entry = machine.table_in((entry & entry_frame) >> 12)[page >> shift & 511];
        }
        return entry & entry_present ? entry : 0;
    }

    bool is_mapped(std::uint64_t page) { return leaf(page) != 0; }
    bool is_writable(std::uint64_t page) { return leaf(page) & entry_writable; }
    bool is_executable(std::uint64_t page)
    {
        return is_mapped(page) && !(leaf(page) & entry_no_execute);
    }
    std::uint64_t frame(std::uint64_t page)
    {
        std::uint64_t const entry = leaf(page);
        std::uint64_t const first = (entry & entry_frame) >> 12;
        return entry & entry_large ? first + page % pages_per_chunk : first;
    }
};

using Owner = Guest<true>;       // as PVH: its own tables, large pages, 1 GiB mapped
using Supplicant = Guest<false>; // as PV: machine frames, 4 MiB mapped

std::vector<PageRange> mebibytes(std::size_t size)
{
    return {{Pfn{0}, size * 256}};
}

} // namespace

TEMPLATE_TEST_CASE("what the image needs is protected, and nothing is both", "", Owner, Supplicant)
{
    TestType guest{mebibytes(16)};
    REQUIRE(guest.tables.prepare(guest.boot));
    REQUIRE(!guest.is_mapped(0));
    for (std::uint64_t page = 1; page < 4 * pages_per_chunk; ++page) {
        bool const is_code = page >= image && page < constants;
        REQUIRE(guest.is_executable(page) == is_code);
        REQUIRE(!(guest.is_executable(page) && guest.is_writable(page)));
    }
    REQUIRE(!guest.is_writable(constants));
    REQUIRE(guest.is_writable(variables));
}

TEMPLATE_TEST_CASE("all of memory can be mapped with the tables set aside", "", Owner, Supplicant)
{
    // Above 2 GiB, with a hole, and an end in the middle of 2 MiB.
    std::vector<PageRange> const memory{
        {Pfn{0}, 2 * pages_per_gib - 700}, {Pfn{2 * pages_per_gib}, 100'001}};
    TestType guest{memory};
    REQUIRE(guest.tables.prepare(guest.boot));
    for (PageRange const& range : memory)
        REQUIRE(guest.tables.map(range));
    for (PageRange const& range : memory)
        for (std::uint64_t page = range.first.value; page < range.end().value; page += 97) {
            if (page == 0)
                continue;
            REQUIRE(guest.is_mapped(page));
            REQUIRE(guest.frame(page) == *guest.machine.frame_of(page));
        }
    REQUIRE(!guest.is_mapped(2 * pages_per_gib - 1));
    REQUIRE(!guest.is_mapped(2 * pages_per_gib + 100'001));
}

TEMPLATE_TEST_CASE("memory is mapped from the top as well", "", Owner, Supplicant)
{
    TestType guest{mebibytes(3 << 10)};
    REQUIRE(guest.tables.prepare(guest.boot));
    std::uint64_t const last = 3 * pages_per_gib - 1;
    REQUIRE(!guest.is_mapped(last));
    REQUIRE(guest.tables.map({Pfn{last}, 1}));
    REQUIRE(guest.is_writable(last));
    REQUIRE(!guest.is_executable(last));
    REQUIRE(!guest.is_mapped(last - pages_per_chunk));
}

TEMPLATE_TEST_CASE(
    "a page is protected and freed again, its neighbours stay", "", Owner, Supplicant)
{
    TestType guest{mebibytes(64)};
    REQUIRE(guest.tables.prepare(guest.boot));
    Pfn const page{40 * 256 + 5};
    REQUIRE(guest.tables.map({page, 2}));
    REQUIRE(guest.tables.protect(page, Protection::none));
    REQUIRE(!guest.is_mapped(page.value));
    for (std::uint64_t neighbour : {page.value - 1, page.value + 1}) {
        REQUIRE(guest.is_writable(neighbour));
        REQUIRE(guest.frame(neighbour) == *guest.machine.frame_of(neighbour));
    }
    REQUIRE(guest.tables.protect(page, Protection::read_write));
    REQUIRE(guest.frame(page.value) == *guest.machine.frame_of(page.value));
    REQUIRE(!guest.is_executable(page.value));
}

TEMPLATE_TEST_CASE("the window takes foreign frames", "", Owner, Supplicant)
{
    TestType guest{mebibytes(5)};
    REQUIRE(guest.tables.prepare(guest.boot));
    std::uint64_t const page = guest.tables.window_page(7).value;
    REQUIRE(page >= 5 * 256);
    auto const mapped = guest.tables.map_in_window(7, 0x12345);
    REQUIRE(mapped);
    REQUIRE(reinterpret_cast<std::uintptr_t>(*mapped) == page << 12);
    REQUIRE(guest.frame(page) == 0x12345);
    REQUIRE(!guest.is_executable(page));
    REQUIRE(!guest.is_mapped(page + 1));
}

TEST_CASE("tables are set aside around what is occupied")
{
    Owner guest{mebibytes(16)};
    guest.boot.occupied.add({Pfn{image_end + 2}, 10});
    REQUIRE(guest.tables.prepare(guest.boot));
    REQUIRE(guest.boot.first_free.value > image_end + 12);
    Pfn const taken = guest.boot.set_aside(3);
    REQUIRE(guest.boot.first_free.value == taken.value + 3);
    REQUIRE(!PageRange{taken, 3}.overlaps({Pfn{image_end + 2}, 10}));
}
