#pragma once

#include <lodger/core/pages.hpp>
#include <lodger/grant/table.hpp>

#include <array>

namespace lodger::grant {

/// Pages of ours that another domain may map for as long as this object lives: what a shared ring
/// is made of. Owns the pages and their grants. When it ends, pages that the other domain still
/// has mapped are quarantined: neither they nor their references are ever used again (XSA-396).
template <Hypervisor H>
class GrantedPages {
public:
    static constexpr std::size_t most_pages = 16; // blkif.h: max-ring-page-order is 4 in practice

    /// @param count pages, 1 to `most_pages`
    static Result<GrantedPages>
    create(Table<H>& table, Domain domain, std::size_t count, Access access)
    {
        if (count == 0 || count > most_pages)
            return Failure{Errc::invalid_argument};
        GrantedPages granted{table, LODGER_TRY(Pages<H>::allocate(table.hypervisor(), count))};
        for (; granted.granted_ < count; ++granted.granted_)
            granted.refs_[granted.granted_] =
                LODGER_TRY(table.grant(domain, granted.pages_.gfn(granted.granted_), access));
        return granted;
    }

    GrantedPages(GrantedPages&& other) noexcept
        : table_{other.table_},
          pages_{std::move(other.pages_)},
          refs_{other.refs_},
          granted_{std::exchange(other.granted_, 0)},
          incarnation_{other.incarnation_}
    {
    }
    GrantedPages& operator=(GrantedPages&& other) noexcept
    {
        std::swap(table_, other.table_);
        std::swap(pages_, other.pages_);
        std::swap(refs_, other.refs_);
        std::swap(granted_, other.granted_);
        std::swap(incarnation_, other.incarnation_);
        return *this;
    }
    ~GrantedPages() { revoke_all(); }

    std::span<std::byte> bytes() const { return pages_.bytes(); }
    std::span<GrantRef const> refs() const { return {refs_.data(), granted_}; }

    /// Whether the other domain has any of the pages mapped at this moment.
    bool is_mapped() const
    {
        for (GrantRef const ref : refs())
            if (table_->is_mapped(ref))
                return true;
        return false;
    }

    /// @return `busy` when pages had to be quarantined
    static Result<> end(GrantedPages granted)
    {
        return granted.revoke_all() ? Result<>{} : Failure{Errc::busy};
    }

private:
    GrantedPages(Table<H>& table, Pages<H> pages)
        : table_{&table},
          pages_{std::move(pages)},
          incarnation_{table.hypervisor().incarnation()}
    {
    }

    bool revoke_all()
    {
        if (table_->hypervisor().incarnation() != incarnation_)
            granted_ = 0; // With the domain's restoration every grant became void.
        std::size_t busy = 0;
        for (; granted_ > 0; --granted_)
            busy += table_->revoke(refs_[granted_ - 1]) ? 0 : 1;
        if (busy > 0) {
            table_->count_quarantined(pages_.count());
            pages_.abandon();
        }
        return busy == 0;
    }

    Table<H>* table_;
    Pages<H> pages_;
    std::array<GrantRef, most_pages> refs_{};
    std::size_t granted_ = 0;
    std::uint32_t incarnation_;
};

} // namespace lodger::grant
