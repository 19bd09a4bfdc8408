#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/arch/x86/page_entry.hpp>
#include <lodger/core/result.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace lodger::arch {

/// How page tables are read and changed, and what stands in them: the difference between a PV
/// guest, which asks Xen and uses machine frames, and one that owns its tables.
template <class M>
concept PageTableMachine = requires(M& m, std::uint64_t n, std::uint64_t& entry) {
    { m.entry_flags() } -> std::convertible_to<std::uint64_t>;
    /// The frame of a page of our own memory; none where there is no memory.
    { m.frame_of(n) } -> std::same_as<std::optional<std::uint64_t>>;
    /// Whether the 2 MiB that begin with a page may be mapped by one entry: all of it is memory.
    { m.is_large(n) } -> std::convertible_to<bool>;
    /// The table in a frame, where we can read it.
    { m.table_in(n) } -> std::same_as<Table>;
    /// The table in a page of ours that is mapped, where we can fill it.
    { m.table_at(n) } -> std::same_as<Table>;
    { m.root() } -> std::same_as<Table>;
    /// Changes an entry, at the latest when `flush` is called.
    { m.set(entry, n) } -> std::same_as<void>;
    { m.flush() } -> std::same_as<Result<void>>;
    /// Changes the entry of a page, and forgets the translation that it was.
    { m.change(n, entry, n) } -> std::same_as<Result<void>>;
    /// How a page of our own memory is to be protected.
    { m.protection(n) } -> std::same_as<Protection>;
    /// Last step before a filled page becomes a table.
    { m.seal(n) } -> std::same_as<Result<void>>;
};

/// The page tables of a guest whose virtual addresses are those of its own memory. It starts from
/// tables that map at least the image and what lies above it, without protection, and all that is
/// ever mapped lies below 512 GiB, in one L3 table. An L2 table covers 1 GiB and an L1 table
/// 2 MiB, here called a chunk.
///
/// Tables that may be needed are taken from pages set aside at the start, one for each chunk of
/// memory (0.2 %), so that mapping never has to allocate. Chunks are mapped when first needed,
/// since on PV Xen checks each of the 512 entries. Some of the pages set aside lie in chunks that
/// are not mapped either; these are mapped first, which ends because one chunk of tables maps 512
/// others (docs/decisions/0010-tables-for-all-memory-are-set-aside.md).
template <PageTableMachine Machine>
class PageTables {
public:
    explicit constexpr PageTables(Machine& machine) : machine_{machine} {}

    /// Sets tables aside, and protects what is mapped already.
    Result<void> prepare(BootInfo& boot)
    {
        while (has_l1_table(first_chunk_))
            ++first_chunk_;
        std::uint64_t const memory_end = chunk_above(boot.memory_end().value);
        chunk_count_ = std::max(memory_end, first_chunk_) + 1;
        std::uint64_t const l1_tables = chunk_count_ - first_chunk_;
        std::uint64_t const l2_tables = (chunk_count_ - 1) / entries_per_table;
        first_table_ = boot.set_aside(l1_tables + l2_tables).value;
        LODGER_TRY(protect_mapped(chunk_above(boot.first_free.value)));
        return machine_.flush();
    }

    /// Makes pages of our own memory readable and writable, unless they are.
    Result<void> map(PageRange pages)
    {
        std::uint64_t const end = chunk_above(pages.end().value);
        for (std::uint64_t chunk = chunk_of(pages.first.value); chunk < end; ++chunk)
            LODGER_TRY(map_chunk(chunk));
        return {};
    }

    /// Changes how one page of our own memory may be used.
    Result<void> protect(Pfn page, Protection protection)
    {
        std::uint64_t const chunk = chunk_of(page.value);
        LODGER_TRY(map_chunk(chunk));
        if (!has_l1_table(chunk))
            LODGER_TRY(add_l1_table(chunk));
        return machine_.change(page.value, l1_entry(page.value), own_entry(page.value, protection));
    }

    /// The window: 512 pages right above memory, for frames that are not of our own memory.
    Pfn window_page(std::size_t slot) const
    {
        return Pfn{(chunk_count_ - 1) * entries_per_table + slot};
    }
    Result<std::byte*> map_in_window(
        std::size_t slot, std::uint64_t frame, Protection protection = Protection::read_write)
    {
        std::uint64_t const page = window_page(slot).value;
        LODGER_TRY(map_chunk(chunk_of(page)));
        std::uint64_t const entry = entry_for(frame, protection, machine_.entry_flags());
        LODGER_TRY(machine_.change(page, l1_entry(page), entry));
        return reinterpret_cast<std::byte*>(page << 12);
    }

    Result<void> unmap_in_window(std::size_t slot)
    {
        std::uint64_t const page = window_page(slot).value;
        return machine_.change(page, l1_entry(page), 0);
    }

    /// Whether a page of our own memory was ever needed: it, or one of the same chunk.
    bool is_mapped(Pfn page) const { return is_mapped(chunk_of(page.value)); }
    /// Takes a page of our own memory out of the tables, if it is mapped at all.
    Result<void> unmap(Pfn page) { return protect_if_mapped(page, Protection::none); }
    /// Puts it back where it was, once it has a frame again.
    Result<void> map_again(Pfn page) { return protect_if_mapped(page, Protection::read_write); }

private:
    Result<void> protect_if_mapped(Pfn page, Protection protection)
    {
        return is_mapped(chunk_of(page.value)) ? protect(page, protection) : Result<void>{};
    }

    static std::uint64_t chunk_of(std::uint64_t page) { return page / entries_per_table; }
    static std::uint64_t chunk_above(std::uint64_t page)
    {
        return (page + entries_per_table - 1) / entries_per_table;
    }

    Table table_of(std::uint64_t entry) const
    {
        return machine_.table_in((entry & entry_frame) >> 12);
    }
    Table l3_table() const { return table_of(machine_.root()[0]); }

    /// The L2 entry of a chunk, or null when there is no L2 table for it.
    std::uint64_t* l2_entry(std::uint64_t chunk) const
    {
        std::uint64_t const l3 = l3_table()[chunk / entries_per_table];
        return l3 & entry_present ? &table_of(l3)[chunk % entries_per_table] : nullptr;
    }
    std::uint64_t& l1_entry(std::uint64_t page) const
    {
        return table_of(*l2_entry(chunk_of(page)))[page % entries_per_table];
    }
    bool is_mapped(std::uint64_t chunk) const
    {
        std::uint64_t const* const entry = l2_entry(chunk);
        return entry && (*entry & entry_present);
    }
    bool has_l1_table(std::uint64_t chunk) const
    {
        return is_mapped(chunk) && !(*l2_entry(chunk) & entry_large);
    }

    // The pages set aside: L1 tables first, then L2 tables, of which the first exists.
    std::uint64_t page_for_l1(std::uint64_t chunk) const
    {
        return first_table_ + chunk - first_chunk_;
    }
    std::uint64_t page_for_l2(std::uint64_t chunk) const
    {
        return page_for_l1(chunk_count_) + chunk / entries_per_table - 1;
    }

    std::uint64_t own_entry(std::uint64_t page, Protection protection) const
    {
        auto const frame = machine_.frame_of(page);
        return frame ? entry_for(*frame, protection, machine_.entry_flags()) : 0;
    }

    /// One entry for a whole chunk, if there may be one; else 0.
    std::uint64_t large_entry(std::uint64_t chunk) const
    {
        std::uint64_t const first = chunk * entries_per_table;
        if (!machine_.is_large(first))
            return 0;
        return own_entry(first, Protection::read_write) | entry_large;
    }

    /// @param protected_end the first chunk above the image and the tables set aside
    Result<void> protect_mapped(std::uint64_t protected_end)
    {
        for (std::uint64_t chunk = 0; is_mapped(chunk); ++chunk) {
            if (has_l1_table(chunk))
                protect_chunk(chunk);
            else if (chunk < protected_end)
                LODGER_TRY(add_l1_table(chunk));
            else
                machine_.set(*l2_entry(chunk), large_entry(chunk));
        }
        return {};
    }

    void protect_chunk(std::uint64_t chunk)
    {
        std::uint64_t page = chunk * entries_per_table;
        for (std::uint64_t& entry : table_of(*l2_entry(chunk))) {
            machine_.set(entry, own_entry(page, machine_.protection(page)));
            ++page;
        }
    }

    Result<void> map_chunk(std::uint64_t chunk)
    {
        if (is_mapped(chunk))
            return {};
        if (!l2_entry(chunk))
            LODGER_TRY(add_l2_table(chunk));
        std::uint64_t const large = large_entry(chunk);
        if (large == 0)
            return add_l1_table(chunk);
        machine_.set(*l2_entry(chunk), large);
        return machine_.flush();
    }

    Result<void> add_l1_table(std::uint64_t chunk)
    {
        std::uint64_t const table = page_for_l1(chunk);
        LODGER_TRY(map_chunk(chunk_of(table)));
        std::uint64_t page = chunk * entries_per_table;
        for (std::uint64_t& entry : machine_.table_at(table)) {
            entry = own_entry(page, machine_.protection(page));
            ++page;
        }
        // Xen's own entries for granted pages may lack the bit (xen/arch/x86/mm.c,
        // GRANT_PTE_FLAGS), so nothing in the window is executable whatever the entry of a page
        // says.
        bool const is_window = chunk == chunk_count_ - 1;
        return hook(table, *l2_entry(chunk), is_window ? entry_no_execute : 0);
    }

    Result<void> add_l2_table(std::uint64_t chunk)
    {
        std::uint64_t const table = page_for_l2(chunk);
        LODGER_TRY(map_chunk(chunk_of(table)));
        for (std::uint64_t& entry : machine_.table_at(table))
            entry = 0;
        return hook(table, l3_table()[chunk / entries_per_table]);
    }

    /// Makes a filled page a table, by the entry that refers to it.
    Result<void> hook(std::uint64_t table, std::uint64_t& entry, std::uint64_t flags = 0)
    {
        LODGER_TRY(machine_.seal(table));
        machine_.set(
            entry, entry_for_table(*machine_.frame_of(table), machine_.entry_flags()) | flags);
        return machine_.flush();
    }

    Machine& machine_;
    std::uint64_t first_table_ = 0; ///< the first page set aside
    std::uint64_t first_chunk_ = 0; ///< the first chunk that had no L1 table at the start
    std::uint64_t chunk_count_ = 0; ///< of memory and window together
};

} // namespace lodger::arch
