#pragma once

#include <lodger/core/pages.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace lodger::grant {

/// Pages of ours, and the grants by which another domain may map them.
template <Hypervisor H>
struct HeldPages {
    static constexpr std::size_t most_pages = 16; // blkif.h: max-ring-page-order is 4 in practice

    explicit HeldPages(H& hypervisor, Pages<H> memory)
        : pages{std::move(memory)},
          incarnation{hypervisor.incarnation()}
    {
    }

    /// Ends every grant of a page that the other domain does not have mapped.
    /// @return whether none is left
    template <class Table>
    [[gnu::cold]] bool revoke(Table& table)
    {
        typename Table::Quiet const quiet{table};
        if (table.hypervisor().incarnation() != incarnation)
            granted = 0; // With the domain's restoration every grant became void.
        auto const all = std::span{refs}.first(granted);
        granted -= std::ranges::remove_if(all, [&](GrantRef ref) {
                       return table.revoke(ref).has_value();
                   }).size();
        return granted == 0;
    }

    Pages<H> pages;
    std::array<GrantRef, most_pages> refs{};
    std::size_t granted = 0; ///< how many of `refs` there are
    std::uint32_t incarnation;
    std::unique_ptr<HeldPages> next{}; ///< of those that `Table` has quarantined
};

} // namespace lodger::grant
