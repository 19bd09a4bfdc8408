#pragma once

#include <lodger/blkfront/buffer_pool.hpp>
#include <lodger/blkfront/io.hpp>
#include <lodger/grant/table.hpp>

namespace lodger::blkfront {

/// What one backend may see of a pool's pages, and for how long: per page, one grant to read it and
/// one to read and write it, each shared by all requests that need it at the time.
///
/// One-off grants last while a request uses the page, and a backend may only read what is written
/// to the disk. Persistent ones last as long as this object, and are always writable, because
/// Linux's backend maps them so (drivers/block/xen-blkback/blkback.c, xen_blkbk_map). A page that
/// the backend still has mapped when its grant ends is quarantined (XSA-396), and the grant ended
/// later: at the latest when the page is used again. Borrows the table and the pool.
///
/// A backend that is not to be trusted (`trusted` in xen/include/public/io/blkif.h; XSA-403) sees
/// pages of another pool, to and from which all data is copied: each holds the data of one request
/// and zeros.
template <Hypervisor H>
class PageGrants {
public:
    static constexpr GrantRef none{0}; // Entry 0 is reserved.

    /// @param copies_data whether data is copied through the pool's pages, of which nobody else
    /// then takes any
    static Result<std::unique_ptr<PageGrants>>
    create(grant::Table<H>& table, Domain backend, BufferPool<H>& pool, bool copies_data = false)
    {
        std::unique_ptr<Page[]> pages{new (std::nothrow) Page[pool.page_count()]{}};
        if (!pages)
            return Failure{Errc::no_memory};
        std::unique_ptr<PageGrants> grants{
            new (std::nothrow) PageGrants{table, backend, pool, std::move(pages), copies_data}};
        if (!grants)
            return Failure{Errc::no_memory};
        return grants;
    }

    PageGrants(PageGrants const&) = delete;
    PageGrants& operator=(PageGrants const&) = delete;
    /// Ends all grants; everything that was acquired must have been released, and the backend
    /// should have closed by then.
    ~PageGrants()
    {
        for (PageIndex page = 0; page < pool_.page_count(); ++page) {
            end(page, pages_[page].read_only);
            end(page, pages_[page].read_write);
        }
    }

    BufferPool<H>& pool() const { return pool_; }
    grant::Table<H>& table() const { return table_; }

    /// Grants every page for reading and writing, for as long as this object lives.
    /// @return `no_space` if the table has no room for all; then none is granted
    Result<> make_persistent()
    {
        is_persistent_ = true;
        for (PageIndex page = 0; page < pool_.page_count(); ++page) {
            auto const granted = make(pages_[page].read_write, page, Access::read_write);
            if (!granted && granted.error() != Errc::quarantined) {
                make_one_off();
                return Failure{granted.error()};
            }
        }
        return {};
    }

    /// Grants pages only while requests use them; none may at the time.
    void make_one_off()
    {
        is_persistent_ = false;
        for (PageIndex page = 0; page < pool_.page_count(); ++page)
            end(page, pages_[page].read_write);
    }

    /// Puts those quarantined pages to use again that nobody has mapped any more.
    /// @return whether there was any
    [[gnu::cold]] bool reclaim()
    {
        bool is_any_back = false;
        for (PageIndex page = 0; page < pool_.page_count(); ++page)
            if (pool_.is_quarantined(page) && reclaim(page))
                is_any_back = true;
        return is_any_back;
    }

    /// Puts one to use again.
    /// @return `quarantined` if it is still mapped
    [[gnu::cold, gnu::noinline]] Result<> reclaim(PageIndex page)
    {
        bool const is_back = pool_.reclaim(page, [this](Kept kept) {
            bool const has_ended = try_to_end(kept);
            table_.count_returned(has_ended ? 1 : 0);
            return has_ended;
        });
        return is_back ? Result<>{} : Failure{Errc::quarantined};
    }

    /// Lets the backend use a page until `release`.
    /// @return what it is to know the page by; `quarantined`, or what `Table::grant` says
    [[gnu::always_inline]] Result<GrantRef> acquire(PageIndex page, Access access)
    {
        Grant& grant = grant_of(page, access);
        if (grant.ref == none)
            LODGER_TRY(make(grant, page, is_persistent_ ? Access::read_write : access));
        return hold(page, grant);
    }
    /// The same for a page that is granted already, as most are. @return `none` if it is not
    [[gnu::always_inline]] GrantRef acquire_granted(PageIndex page, Access access)
    {
        Grant& grant = grant_of(page, access);
        return grant.ref == none ? none : hold(page, grant);
    }

    [[gnu::always_inline]] void release(PageIndex page, Access access)
    {
        if (!is_persistent_) [[unlikely]]
            release_one_off(page, access);
        pool_.let_go(page);
    }

    bool copies_data() const { return copies_data_; }

    /// Where data is copied: takes a page in which the backend is to find data that lies in one
    /// page, at the same place there.
    /// @return `busy` while none is free to copy to, `quarantined` if none ever will be
    [[gnu::noinline]] Result<PageIndex> place(Piece data, Access access)
    {
        auto page = pool_.allocate(page_size);
        if (!page && reclaim())
            page = pool_.allocate(page_size);
        if (!page)
            return Failure{placed_ > 0 ? Errc::busy : Errc::quarantined};
        ++placed_;
        for (std::size_t at = 0; at < page_size; at += zeros.size())
            H::Memory::copy_out(&(*page)[at], zeros.data(), zeros.size());
        if (access == Access::read_only)
            H::Memory::copy_out(&(*page)[Io::offset_in_page(data)], data.data(), data.size());
        return pool_.index_of(page->data());
    }

    /// Takes back pages that were placed, after their release.
    [[gnu::noinline]] void give_back(std::span<PageIndex const> pages)
    {
        for (PageIndex const page : pages)
            pool_.free(pool_.bytes(page));
        placed_ -= pages.size();
    }

    /// Copies what was read to where it belongs.
    void fetch(PageIndex page, Piece data) const
    {
        H::Memory::copy_in(data.data(), &pool_.bytes(page)[Io::offset_in_page(data)], data.size());
    }

    /// Whether the backend has any of the pages mapped at this moment.
    bool is_mapped() const
    {
        for (PageIndex page = 0; page < pool_.page_count(); ++page)
            if (is_mapped(pages_[page].read_only) || is_mapped(pages_[page].read_write))
                return true;
        return false;
    }

    /// How many grants were ever made.
    std::uint64_t made() const { return made_; }

private:
    static constexpr std::array<std::byte, page_size / 16>
        zeros{}; // a whole page in every image else

    using Kept = BufferPool<H>::Kept;

    struct Grant {
        GrantRef ref = none;
        std::uint32_t users = 0; ///< of a one-off grant
    };
    struct Page {
        Grant read_only;
        Grant read_write;
    };

    PageGrants(
        grant::Table<H>& table, Domain backend, BufferPool<H>& pool, std::unique_ptr<Page[]> pages,
        bool copies_data)
        : table_{table},
          backend_{backend},
          pool_{pool},
          pages_{std::move(pages)},
          incarnation_{table.hypervisor().incarnation()},
          copies_data_{copies_data}
    {
    }

    Grant& grant_of(PageIndex page, Access access) const
    {
        bool const is_writable = is_persistent_ || access == Access::read_write;
        return is_writable ? pages_[page].read_write : pages_[page].read_only;
    }

    [[gnu::always_inline]] GrantRef hold(PageIndex page, Grant& grant)
    {
        if (!is_persistent_)
            ++grant.users;
        pool_.hold(page);
        return grant.ref;
    }

    [[gnu::noinline]] Result<> make(Grant& grant, PageIndex page, Access access)
    {
        if (pool_.is_quarantined(page))
            return Failure{Errc::quarantined};
        grant.ref = LODGER_TRY(table_.grant(backend_, pool_.gfn(page), access));
        ++made_;
        return {};
    }

    [[gnu::always_inline]] void release_one_off(PageIndex page, Access access)
    {
        Grant& grant = grant_of(page, access);
        if (--grant.users == 0)
            revoke(page, grant);
    }

    bool is_mapped(Grant const& grant) const
    {
        return grant.ref != none && table_.is_mapped(grant.ref);
    }

    [[gnu::noinline]] void revoke(PageIndex page, Grant& grant)
    {
        GrantRef const ref = std::exchange(grant.ref, none);
        if (try_to_end({ref, incarnation_})) [[likely]]
            return;
        pool_.quarantine(page, {ref, incarnation_});
        table_.count_quarantined(1);
    }

    bool try_to_end(Kept kept)
    {
        // With the domain's restoration every grant became void.
        return table_.hypervisor().incarnation() != kept.incarnation || table_.revoke(kept.ref);
    }

    void end(PageIndex page, Grant& grant)
    {
        if (grant.ref != none)
            revoke(page, grant);
    }

    grant::Table<H>& table_;
    Domain backend_;
    BufferPool<H>& pool_;
    std::unique_ptr<Page[]> pages_;
    std::uint32_t incarnation_;
    bool copies_data_;
    bool is_persistent_ = false;
    std::size_t placed_ = 0; ///< pages that data is in
    std::uint64_t made_ = 0;
};

} // namespace lodger::blkfront
