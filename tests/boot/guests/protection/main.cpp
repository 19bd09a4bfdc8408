/// Walks the guest's own page tables: nothing is both writable and executable, only the program's
/// text is executable, and page 0 is not there.
#include <lodger/arch/x86/pv/machine.hpp>
#include <lodger/arch/x86/pvh/machine.hpp>
#include <lodger/runtime/guest.hpp>

#include <cstdio>

using namespace lodger;
using namespace lodger::arch;

namespace {

struct Count {
    std::size_t mapped = 0; ///< of each, in pages
    std::size_t executable = 0;
    std::size_t writable = 0;
    std::size_t both = 0;
    std::size_t stray_code = 0; ///< executable outside of the text
    std::size_t writable_text = 0;
    std::size_t writable_constants = 0;
};

bool is_between(std::uint64_t page, std::byte const* start, std::byte const* end)
{
    return page >= page_of(start) && page < page_of(end);
}

void count_page(Count& count, std::uint64_t page, std::uint64_t entry)
{
    bool const executable = !(entry & entry_no_execute);
    bool const writable = entry & entry_writable;
    bool const is_text = is_between(page, lodger_text_start, lodger_text_end);
    bool const is_constant = is_between(page, lodger_rodata_start, lodger_rodata_end);
    count.mapped += 1;
    count.executable += executable;
    count.writable += writable;
    count.both += executable && writable;
    count.stray_code += executable && !is_text;
    count.writable_text += writable && is_text;
    count.writable_constants += writable && is_constant;
}

/// @param level 3 for what the root's entries refer to, down to 1
template <class Machine>
void walk(Machine const& machine, Count& count, Table table, int level, std::uint64_t first)
{
    std::uint64_t const pages_each = std::uint64_t{1} << 9 * level >> 9;
    for (std::size_t i = 0; i < table.size(); ++i) {
        std::uint64_t const entry = table[i];
        std::uint64_t const page = first + i * pages_each;
        if (!(entry & entry_present))
            continue;
        if (level > 1 && !(entry & entry_large))
            walk(machine, count, machine.table_in((entry & entry_frame) >> 12), level - 1, page);
        else
            for (std::uint64_t n = 0; n < pages_each; ++n)
                count_page(count, page + n, entry);
    }
}

template <class Machine>
Count count_pages(Machine const& machine)
{
    Count count;
    walk(machine, count, machine.table_in((machine.root()[0] & entry_frame) >> 12), 3, 0);
    return count;
}

/// Whether the first 4 KiB, where null pointers lead, are mapped.
template <class Machine>
bool has_page_0(Machine const& machine)
{
    Table table = machine.root();
    for (int level = 3; level > 0; --level)
        table = machine.table_in((table[0] & entry_frame) >> 12);
    return table[0] & entry_present;
}

int failures = 0;

void check(bool holds, char const* what)
{
    std::printf("%s %s\n", holds ? "ok    " : "FAILED", what);
    failures += holds ? 0 : 1;
}

template <class Machine>
void check_all(Machine const& machine)
{
    Count const count = count_pages(machine);
    std::printf(
        "%zu pages mapped, %zu executable, %zu writable\n", count.mapped, count.executable,
        count.writable);
    check(count.mapped > 0 && count.executable > 0 && count.writable > 0, "there are pages");
    check(count.both == 0, "no page is both writable and executable");
    check(count.stray_code == 0, "only the text is executable");
    check(count.writable_text == 0, "the text is read-only");
    check(count.writable_constants == 0, "constants are read-only");
    check(!has_page_0(machine), "page 0 is not mapped");
}

} // namespace

int main()
{
    // Pages all over memory, so that what is mapped on demand is seen as well.
    auto const pages = runtime::guest().allocate_pages(runtime::guest().pages().all_pages() / 2);
    check(pages.has_value(), "half of memory in one piece");
    if (runtime::guest().boot_info().mode == Mode::pv)
        check_all(pv::machine);
    else
        check_all(pvh::machine);
    std::printf("Test result: %s\n", failures ? "FAILURE" : "SUCCESS");
    return failures ? 1 : 0;
}
