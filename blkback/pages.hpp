#pragma once

#include <lodger/core/hypervisor.hpp>

#include <memory>
#include <new>

namespace lodger::blkback {

/// A page of the frontend's, mapped for a request.
struct MappedPage {
    std::byte* bytes = nullptr;
    std::uint16_t kept = 0; ///< its place among those that stay; 0 if it ends with the request
};

/// The frontend's pages as its requests need them. Where persistent grants were agreed on, a page
/// stays mapped, writable, for the next request that names the same grant; when there are too many
/// the one that was used longest ago makes room. Owns the mappings that stay; those of requests
/// must have been given back before it ends. Source: xen/include/public/io/blkif.h, note 7;
/// drivers/block/xen-blkback/blkback.c, xen_blkbk_map.
template <MappingHypervisor H>
class FrontendPages {
public:
    /// @param most_kept how many stay mapped; 0 without persistent grants
    /// @param most_at_once pages of one request
    static Result<FrontendPages>
    create(H& hypervisor, Domain frontend, std::size_t most_kept, std::size_t most_at_once)
    {
        FrontendPages pages{hypervisor, frontend, most_kept};
        pages.missing_.reset(new (std::nothrow) GrantRef[most_at_once]);
        pages.kept_.reset(new (std::nothrow) Kept[most_kept + 1]);
        pages.buckets_.reset(new (std::nothrow) std::uint16_t[bucket_count]{});
        if (!pages.missing_ || !pages.kept_ || !pages.buckets_)
            return Failure{Errc::no_memory};
        return pages;
    }

    FrontendPages(FrontendPages&&) noexcept = default;
    ~FrontendPages()
    {
        if (!kept_)
            return;
        for (std::size_t i = 1; i <= count_; ++i)
            if (kept_[i].bytes)
                unmap(kept_[i].bytes);
    }

    /// How many pages are mapped for good.
    std::size_t kept_count() const { return in_use_; }

    /// Maps the pages of one request, or none of them.
    /// @param access what it needs; a page that stays is writable whatever the first request was,
    /// because the next one may be a read
    /// @param pages receives them, as many as `refs`
    Result<> acquire(std::span<GrantRef const> refs, Access access, std::span<MappedPage> pages)
    {
        std::size_t const missing = find_kept(refs, pages);
        if (missing == 0)
            return {};
        Access const least = is_keeping() ? Access::read_write : access;
        std::span<GrantRef const> const wanted{missing_.get(), missing};
        auto mapped = hypervisor_->map_grants(frontend_, wanted, least);
        if (!mapped && mapped.error() == Errc::no_space && forget_idle() > 0)
            mapped = hypervisor_->map_grants(frontend_, wanted, least);
        if (!mapped) {
            release(pages.first(refs.size()));
            return Failure{mapped.error()};
        }
        std::byte* next = mapped->data();
        for (std::size_t i = 0; i < refs.size(); ++i) {
            if (pages[i].bytes)
                continue;
            pages[i] = {next, keep(refs[i], next)};
            next += page_size;
        }
        return {};
    }

    /// Gives back the pages of one request.
    void release(std::span<MappedPage> pages)
    {
        for (MappedPage& page : pages) {
            if (page.kept)
                --kept_[page.kept].users;
            else if (page.bytes)
                unmap(page.bytes);
            page = {};
        }
    }

private:
    /// A page that stays mapped, in a chain of its bucket and in the order of use. Places begin
    /// at 1; 0 ends every chain, and is the head of the order.
    struct Kept {
        GrantRef ref{};
        std::byte* bytes = nullptr;
        std::uint32_t users = 0; ///< as often as all requests under way name it
        std::uint16_t next = 0;
        std::uint16_t newer = 0;
        std::uint16_t older = 0;
    };

    static constexpr std::size_t bucket_count = 1024;
    static std::size_t bucket_of(GrantRef ref) { return ref.value % bucket_count; }

    FrontendPages(H& hypervisor, Domain frontend, std::size_t most_kept)
        : hypervisor_{&hypervisor},
          frontend_{frontend},
          most_kept_{most_kept},
          incarnation_{hypervisor.incarnation()}
    {
    }

    bool is_keeping() const { return most_kept_ > 0; }

    /// Fills in what is mapped already, and lists the rest in `missing_`.
    std::size_t find_kept(std::span<GrantRef const> refs, std::span<MappedPage> pages)
    {
        std::size_t missing = 0;
        for (std::size_t i = 0; i < refs.size(); ++i) {
            std::uint16_t const place = find(refs[i]);
            pages[i] = {place ? kept_[place].bytes : nullptr, place};
            if (place == 0) {
                missing_[missing++] = refs[i];
                continue;
            }
            ++kept_[place].users;
            unlink(place);
            link_newest(place);
        }
        return missing;
    }

    std::uint16_t find(GrantRef ref) const
    {
        std::uint16_t place = is_keeping() ? buckets_[bucket_of(ref)] : std::uint16_t{0};
        while (place && kept_[place].ref != ref)
            place = kept_[place].next;
        return place;
    }

    /// @return the page's place, 0 if it is not to stay: no room, or its grant has a page already
    std::uint16_t keep(GrantRef ref, std::byte* bytes)
    {
        if (!is_keeping() || find(ref))
            return 0;
        std::uint16_t const place = take_place();
        if (place == 0)
            return 0;
        std::uint16_t& bucket = buckets_[bucket_of(ref)];
        kept_[place] = {.ref = ref, .bytes = bytes, .users = 1, .next = bucket};
        bucket = place;
        link_newest(place);
        ++in_use_;
        return place;
    }

    std::uint16_t take_place()
    {
        if (free_) {
            std::uint16_t const place = free_;
            free_ = kept_[place].next;
            return place;
        }
        if (count_ < most_kept_)
            return static_cast<std::uint16_t>(++count_);
        for (std::uint16_t place = kept_[0].newer; place; place = kept_[place].newer) {
            if (kept_[place].users > 0)
                continue;
            forget(place);
            return take_place();
        }
        return 0;
    }

    /// Unmaps every page that no request has: room for others.
    std::size_t forget_idle()
    {
        std::size_t forgotten = 0;
        for (std::uint16_t place = kept_[0].newer; place;) {
            std::uint16_t const next = kept_[place].newer;
            if (kept_[place].users == 0) {
                forget(place);
                ++forgotten;
            }
            place = next;
        }
        return forgotten;
    }

    void forget(std::uint16_t place)
    {
        Kept& kept = kept_[place];
        std::uint16_t* chain = &buckets_[bucket_of(kept.ref)];
        while (*chain != place)
            chain = &kept_[*chain].next;
        *chain = kept.next;
        unlink(place);
        unmap(kept.bytes);
        kept = {.next = free_};
        free_ = place;
        --in_use_;
    }

    void unlink(std::uint16_t place)
    {
        kept_[kept_[place].newer].older = kept_[place].older;
        kept_[kept_[place].older].newer = kept_[place].newer;
    }
    void link_newest(std::uint16_t place)
    {
        std::uint16_t const newest = kept_[0].older;
        kept_[place].newer = 0;
        kept_[place].older = newest;
        kept_[newest].newer = place;
        kept_[0].older = place;
    }

    void unmap(std::byte* page)
    {
        // With the domain's restoration every mapping became void. Otherwise it fails only for
        // what is not mapped.
        if (hypervisor_->incarnation() == incarnation_)
            static_cast<void>(hypervisor_->unmap_grants({page, page_size}));
    }

    H* hypervisor_;
    Domain frontend_;
    std::size_t most_kept_;
    std::uint32_t incarnation_;
    std::unique_ptr<GrantRef[]> missing_;
    std::unique_ptr<Kept[]> kept_;
    std::unique_ptr<std::uint16_t[]> buckets_;
    std::size_t count_ = 0;  ///< places ever used
    std::size_t in_use_ = 0; ///< pages that stay mapped at the moment
    std::uint16_t free_ = 0;
};

} // namespace lodger::blkback
