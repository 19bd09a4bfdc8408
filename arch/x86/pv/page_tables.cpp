#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/pv/page_tables.hpp>
#include <lodger/arch/x86/pv/update_batch.hpp>

#include <span>

namespace lodger::arch::pv {
namespace {

constexpr std::size_t entries_per_table = 512;
using Table = std::span<std::uint64_t, entries_per_table>;

/// Everything that is ever mapped lies below 512 GiB, in the one L3 table of the builder's. An
/// L2 table covers 1 GiB and an L1 table 2 MiB. Tables that the builder did not make are taken
/// from pages that `prepare` sets aside: an L1 table for each 2 MiB of memory, one more for the
/// window of foreign frames right above memory, and then the L2 tables. That they lie in memory
/// which may itself not be mapped yet is no problem: the first of them lies in what the builder
/// has mapped (it leaves 512 KiB free), and each maps far more memory than those before it take.
struct State {
    start_info_t const* info;
    std::uint64_t page_count;  ///< of our memory
    std::uint64_t first_table; ///< the first page set aside
    std::uint64_t first_chunk; ///< the first 2 MiB that the builder has not mapped
    std::uint64_t chunk_count; ///< of memory and window together
};
constinit State state{};

std::uint64_t frame_of(std::uint64_t page)
{
    return reinterpret_cast<std::uint64_t const*>(state.info->mfn_list)[page];
}

Table table_at(std::uint64_t page)
{
    return Table{reinterpret_cast<std::uint64_t*>(page << 12), entries_per_table};
}

/// The table that an entry, which is present, refers to.
Table table_of(std::uint64_t entry)
{
    return Table{
        reinterpret_cast<std::uint64_t*>(own_page(Mfn{(entry & entry_frame) >> 12})),
        entries_per_table};
}

Table l3_table()
{
    auto const* const l4 = reinterpret_cast<std::uint64_t const*>(state.info->pt_base);
    return table_of(l4[0]);
}

/// The L2 entry of a chunk of 2 MiB, or null when there is no L2 table for it.
std::uint64_t* l2_entry(std::uint64_t chunk)
{
    std::uint64_t const l3 = l3_table()[chunk / entries_per_table];
    return l3 & entry_present ? &table_of(l3)[chunk % entries_per_table] : nullptr;
}

bool is_mapped(std::uint64_t chunk)
{
    std::uint64_t const* const entry = l2_entry(chunk);
    return entry && (*entry & entry_present);
}

std::uint64_t* l1_entry(std::uint64_t page)
{
    return &table_of(*l2_entry(page / entries_per_table))[page % entries_per_table];
}

/// The pages set aside: L1 tables first, then L2 tables, of which the builder made the first.
std::uint64_t page_for_l1(std::uint64_t chunk)
{
    return state.first_table + chunk - state.first_chunk;
}
std::uint64_t page_for_l2(std::uint64_t chunk)
{
    return page_for_l1(state.chunk_count) + chunk / entries_per_table - 1;
}

bool is_bootstrap_table(std::uint64_t page)
{
    std::uint64_t const first = state.info->pt_base >> 12;
    return page >= first && page < first + state.info->nr_pt_frames;
}

/// The entry that maps a page of ours at its own address; none where memory has a hole.
std::uint64_t own_entry(std::uint64_t page, Protection protection)
{
    if (page >= state.page_count || frame_of(page) == ~std::uint64_t{0})
        return 0;
    return entry_for(frame_of(page), protection);
}

/// Protects what the builder has mapped. It maps all of it writable and executable, except for
/// the page tables.
Result<void> protect_bootstrap_map()
{
    UpdateBatch batch;
    for (std::uint64_t chunk = 0; is_mapped(chunk); ++chunk) {
        Table const l1 = table_of(*l2_entry(chunk));
        for (std::uint64_t i = 0; i < entries_per_table; ++i) {
            std::uint64_t const page = chunk * entries_per_table + i;
            Protection const protection =
                is_bootstrap_table(page) ? Protection::read_only : image_protection(page);
            batch.set(l1[i], own_entry(page, protection));
        }
    }
    LODGER_TRY(batch.flush());
    flush_tlb();
    return {};
}

/// Has a page that holds a finished table taken in by Xen: read-only for us from now on, and
/// referred to by `entry`.
Result<void> hook(std::uint64_t page, std::uint64_t& entry)
{
    LODGER_TRY(set_page(Pfn{page}, Protection::read_only));
    UpdateBatch batch;
    batch.set(entry, entry_for_table(frame_of(page)));
    return batch.flush();
}

Result<void> map_chunk(std::uint64_t chunk);

/// Makes a page that was set aside usable for writing a table into it.
Result<Table> fresh_table(std::uint64_t page)
{
    LODGER_TRY(map_chunk(page / entries_per_table));
    return table_at(page);
}

Result<void> add_l2_table(std::uint64_t chunk)
{
    std::uint64_t const page = page_for_l2(chunk);
    for (std::uint64_t& entry : LODGER_TRY(fresh_table(page)))
        entry = 0;
    return hook(page, l3_table()[chunk / entries_per_table]);
}

Result<void> map_chunk(std::uint64_t chunk)
{
    if (is_mapped(chunk))
        return {};
    if (!l2_entry(chunk))
        LODGER_TRY(add_l2_table(chunk));
    std::uint64_t const table_page = page_for_l1(chunk);
    std::uint64_t page = chunk * entries_per_table;
    for (std::uint64_t& entry : LODGER_TRY(fresh_table(table_page)))
        entry = own_entry(page++, Protection::read_write);
    return hook(table_page, *l2_entry(chunk));
}

} // namespace

void use_start_info(start_info_t const& info)
{
    state.info = &info;
}

std::byte* own_page(Mfn frame)
{
    return reinterpret_cast<std::byte*>(machine_to_phys_mapping[frame.value] << 12);
}

Mfn machine_frame(Pfn page)
{
    return Mfn{frame_of(page.value)};
}

Mfn shared_info_frame()
{
    return Mfn{state.info->shared_info >> 12};
}

Result<void> prepare(BootInfo& boot)
{
    state.page_count = boot.memory.items[0].count;
    while (is_mapped(state.first_chunk))
        ++state.first_chunk;
    std::uint64_t const memory_chunks =
        (state.page_count + entries_per_table - 1) / entries_per_table;
    state.chunk_count = std::max(memory_chunks, state.first_chunk) + 1;
    state.first_table = boot.first_free.value;
    boot.first_free = Pfn{page_for_l2(state.chunk_count - 1) + 1};
    return protect_bootstrap_map();
}

Result<void> set_page(Pfn page, Protection protection)
{
    void* const address = reinterpret_cast<void*>(page.value << 12);
    return outcome(
        update_va_mapping(address, own_entry(page.value, protection), UVMF_INVLPG | UVMF_LOCAL));
}

Result<void> map_around(Pfn page)
{
    return map_chunk(page.value / entries_per_table);
}

Result<std::byte*> map_foreign(std::size_t slot, Mfn frame)
{
    std::uint64_t const window = state.chunk_count - 1;
    LODGER_TRY(map_chunk(window));
    std::uint64_t const page = window * entries_per_table + slot;
    UpdateBatch batch;
    batch.set(*l1_entry(page), entry_for(frame.value, Protection::read_write));
    LODGER_TRY(batch.flush());
    return reinterpret_cast<std::byte*>(page << 12);
}

} // namespace lodger::arch::pv
