#pragma once

#include <lodger/grant/abi.hpp>
#include <lodger/grant/held_pages.hpp>

#include <limits>
#include <utility>

namespace lodger::grant {

/// Somebody who found the table empty, and is told, once, when there may be an entry again.
class Shortage {
public:
    explicit Shortage(Listener listener) : listener_{listener} {}
    Shortage(Shortage const&) = delete;
    Shortage& operator=(Shortage const&) = delete;

private:
    template <Hypervisor H>
    friend class Table;

    Listener listener_;
    Shortage* next_ = nullptr;
    bool is_waiting_ = false;
};

/// The domain's grant table: hands out entries, last used first, and takes them back.
///
/// The table is shared with Xen alone, which reads an entry only while its flags are not zero and
/// writes nothing but the reading and writing flags. So the list of free entries lives in their
/// own `frame` fields, and costs no memory. A foreign domain never sees the table; what it can do
/// is keep an entry in use, which `revoke` reports and survives.
template <Hypervisor H>
class Table {
    using Memory = H::Memory;

public:
    /// While one of these is there nobody is told of entries: for whoever takes grants back in the
    /// middle of something, since those who are told may do anything.
    class Quiet {
    public:
        explicit Quiet(Table& table) : table_{table} { ++table_.quiet_; }
        Quiet(Quiet const&) = delete;
        Quiet& operator=(Quiet const&) = delete;
        ~Quiet()
        {
            if (table_.quiet_ == 1 && table_.first_short_) [[unlikely]]
                table_.tell_waiting();
            --table_.quiet_;
        }

    private:
        Table& table_;
    };

    explicit Table(H& hypervisor) : hypervisor_{hypervisor} {}
    Table(Table const&) = delete;
    Table& operator=(Table const&) = delete;
    /// Pages that are still quarantined are lost for good.
    ~Table()
    {
        for (auto held = std::move(held_); held; held = std::move(held->next))
            held->pages.abandon();
    }

    H& hypervisor() const { return hypervisor_; }

    /// Begins with an empty table after the domain was restored: nothing that was granted before
    /// is any more, and whoever granted it must not revoke it.
    void restart()
    {
        entries_ = {};
        free_ = none;
        in_use_ = 0;
    }

    /// Lets `domain` map the page `gfn`.
    /// @return the reference to tell it, `no_space` when Xen lets the table grow no further, or
    /// `too_large` for a page beyond the 16 TiB that an entry can name
    Result<GrantRef> grant(Domain domain, Gfn gfn, Access access)
    {
        if (gfn.value > std::numeric_limits<std::uint32_t>::max()) [[unlikely]]
            return Failure{Errc::too_large};
        if (free_ == none) [[unlikely]]
            LODGER_TRY(grow());
        std::uint32_t const ref = free_;
        GrantEntry& entry = entries_[ref];
        free_ = Memory::load_relaxed(entry.frame);
        Memory::store_relaxed(entry.frame, static_cast<std::uint32_t>(gfn.value));
        Memory::store_relaxed(entry.domain, domain.value);
        // Releases frame and domain: whoever sees the entry valid sees what it permits.
        Memory::store_release(
            entry.flags, static_cast<std::uint16_t>(
                             GTF_permit_access | (access == Access::read_only ? GTF_readonly : 0)));
        ++in_use_;
        return GrantRef{ref};
    }

    /// Takes the permission back, at once and for good.
    /// @return `busy` while the other domain has the page mapped: the page must not be reused,
    /// and the reference stays what it was
    Result<> revoke(GrantRef ref)
    {
        GrantEntry& entry = entries_[ref.value];
        // Only the compare-and-swap decides (XSA-230); it fails while Xen changes the flags, which
        // the other domain can cause as often as it likes, hence the bound.
        for (int attempt = 0; attempt < most_attempts; ++attempt) {
            std::uint16_t const flags = Memory::load_relaxed(entry.flags);
            if (flags & (GTF_reading | GTF_writing))
                return Failure{Errc::busy};
            if (Memory::compare_exchange(entry.flags, flags, 0)) {
                put_free(ref.value);
                --in_use_;
                if (first_short_) [[unlikely]]
                    Quiet{*this}; // Tells, unless there is another one.
                return {};
            }
        }
        return Failure{Errc::busy};
    }

    /// Has `shortage` told when an entry becomes free; first come, first told.
    void await_entry(Shortage& shortage)
    {
        if (std::exchange(shortage.is_waiting_, true))
            return;
        shortage.next_ = nullptr;
        Shortage** link = &first_short_;
        while (*link)
            link = &(*link)->next_;
        *link = &shortage;
    }
    void forget(Shortage& shortage)
    {
        if (!std::exchange(shortage.is_waiting_, false))
            return;
        Shortage** link = &first_short_;
        while (*link != &shortage)
            link = &(*link)->next_;
        *link = shortage.next_;
    }

    /// Calls `each(Gfn)` for every frame that another domain may write to at this moment.
    template <class Each>
    void for_each_writable(Each each) const
    {
        for (std::size_t ref = reserved_entries; ref < entries_.size(); ++ref) {
            std::uint16_t const flags = Memory::load_relaxed(entries_[ref].flags);
            if ((flags & GTF_type_mask) == GTF_permit_access && !(flags & GTF_readonly))
                each(Gfn{Memory::load_relaxed(entries_[ref].frame)});
        }
    }

    /// Whether the other domain has the page mapped at this moment.
    bool is_mapped(GrantRef ref) const
    {
        return Memory::load_relaxed(entries_[ref.value].flags) & (GTF_reading | GTF_writing);
    }

    /// Entries granted and not yet revoked, quarantined ones included.
    std::size_t in_use() const { return in_use_; }

    /// Pages that are not used because another domain would not let go of them; one that it could
    /// map by two grants counts twice.
    std::size_t quarantined() const { return quarantined_; }
    void count_quarantined(std::size_t pages) { quarantined_ += pages; }
    void count_returned(std::size_t pages) { quarantined_ -= pages; }

    /// Keeps pages of which another domain has some mapped, until it has let go of all.
    void quarantine(std::unique_ptr<HeldPages<H>> held)
    {
        count_quarantined(held->pages.count());
        held->next = std::move(held_);
        held_ = std::move(held);
    }

    /// Frees what `quarantine` was given and nobody has mapped any more. That a mapping ends makes
    /// no event, so this is called whenever pages are granted or their grants end.
    [[gnu::cold]] void retry_quarantined()
    {
        Quiet const quiet{*this};
        for (auto* link = &held_; *link;) {
            if (!(*link)->revoke(*this)) {
                link = &(*link)->next;
                continue;
            }
            count_returned((*link)->pages.count());
            *link = std::move((*link)->next);
        }
    }

private:
    static constexpr std::uint32_t none = 0; // Entry 0 is reserved, so it ends the list.
    static constexpr int most_attempts = 16;

    void put_free(std::uint32_t ref)
    {
        Memory::store_relaxed(entries_[ref].frame, free_);
        free_ = ref;
    }

    /// Tells one after the other while there is an entry: who is told may have no use for it any
    /// more. Nobody is told twice, or who wants more than there is would be without end.
    [[gnu::cold, gnu::noinline]] void tell_waiting()
    {
        std::size_t waiting = 0;
        for (Shortage* shortage = first_short_; shortage; shortage = shortage->next_)
            ++waiting;
        for (; waiting > 0 && free_ != none && first_short_; --waiting) {
            Shortage& shortage = *first_short_;
            first_short_ = shortage.next_;
            shortage.is_waiting_ = false;
            shortage.listener_.call(shortage.listener_.object);
        }
    }

    Result<> grow()
    {
        std::size_t const had = entries_.size();
        entries_ = LODGER_TRY(hypervisor_.grant_table(had / entries_per_frame + 1));
        std::size_t const first = had ? had : reserved_entries;
        for (std::size_t ref = entries_.size(); ref > first; --ref)
            put_free(static_cast<std::uint32_t>(ref - 1));
        return {};
    }

    H& hypervisor_;
    std::span<GrantEntry> entries_;
    std::uint32_t free_ = none;
    Shortage* first_short_ = nullptr;
    unsigned quiet_ = 0;
    std::unique_ptr<HeldPages<H>> held_; ///< quarantined
    std::size_t in_use_ = 0;
    std::size_t quarantined_ = 0;
};

} // namespace lodger::grant
