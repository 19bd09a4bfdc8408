#pragma once

#include <lodger/grant/table.hpp>

namespace lodger::grant {

/// Pages of ours that another domain may map for as long as this object lives: what a shared ring
/// is made of. Owns the pages and their grants. When it ends, pages that the other domain still
/// has mapped are quarantined by the table, together with their grants (XSA-396).
template <Hypervisor H>
class GrantedPages {
public:
    static constexpr std::size_t most_pages = HeldPages<H>::most_pages;

    /// @param count pages, 1 to `most_pages`
    static Result<GrantedPages>
    create(Table<H>& table, Domain domain, std::size_t count, Access access)
    {
        if (count == 0 || count > most_pages)
            return Failure{Errc::invalid_argument};
        table.retry_quarantined();
        Pages<H> pages = LODGER_TRY(Pages<H>::allocate(table.hypervisor(), count));
        std::unique_ptr<HeldPages<H>> held{new (std::nothrow)
                                               HeldPages<H>{table.hypervisor(), std::move(pages)}};
        if (!held)
            return Failure{Errc::no_memory};
        GrantedPages granted{table, std::move(held)};
        for (std::size_t& i = granted.held_->granted; i < count; ++i)
            granted.held_->refs[i] =
                LODGER_TRY(table.grant(domain, granted.held_->pages.gfn(i), access));
        return granted;
    }

    GrantedPages(GrantedPages&&) noexcept = default;
    GrantedPages& operator=(GrantedPages&& other) noexcept
    {
        std::swap(table_, other.table_);
        std::swap(held_, other.held_);
        return *this;
    }
    ~GrantedPages() { static_cast<void>(revoke_all()); }

    std::span<std::byte> bytes() const { return held_->pages.bytes(); }
    std::span<GrantRef const> refs() const { return std::span{held_->refs}.first(held_->granted); }

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
    GrantedPages(Table<H>& table, std::unique_ptr<HeldPages<H>> held)
        : table_{&table},
          held_{std::move(held)}
    {
    }

    bool revoke_all()
    {
        if (!held_)
            return true; // It was moved from.
        table_->retry_quarantined();
        if (!held_->revoke(*table_)) {
            table_->quarantine(std::move(held_));
            return false;
        }
        held_.reset();
        return true;
    }

    Table<H>* table_;
    std::unique_ptr<HeldPages<H>> held_;
};

} // namespace lodger::grant
