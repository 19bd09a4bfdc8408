#pragma once

#include <lodger/blkfront/io.hpp>
#include <lodger/blkfront/page_grants.hpp>

namespace lodger::blkfront {

/// How the backend finds data that lies within a page.
inline WireSegment wire_segment(GrantRef ref, Piece segment)
{
    std::size_t const start = reinterpret_cast<std::uintptr_t>(segment.data()) % page_size;
    return {
        .gref = ref.value,
        .first_sect = static_cast<std::uint8_t>(start / wire_sector),
        .last_sect = static_cast<std::uint8_t>((start + segment.size()) / wire_sector - 1)};
}

/// The next part of a request's data, page by page: for the backend, and for ourselves.
template <Hypervisor H>
struct Segments {
    std::span<WireSegment> wire;
    std::span<PageIndex> pages;
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    Io::Position end{};

    /// Lets the backend use the next pages, as many as there is room and grants for.
    /// @return `no_space` while there is no grant for even one, `busy` while there is no page to
    /// copy even one to, `quarantined`; then none is taken
    Result<> gather(PageGrants<H>& grants, Io const& io)
    {
        Access const access = access_of(io.operation);
        std::uint64_t const left = io.size_ - io.issued_;
        end = io.position_;
        while (count < wire.size() && bytes < left) {
            Io::Position after = end;
            Piece const segment = io.take_segment(after);
            auto const shown = show(grants, segment, access);
            if (!shown) {
                if (count > 0 && (shown.error() == Errc::no_space || shown.error() == Errc::busy))
                    break; // The rest when others have given theirs back.
                release(grants, pages.first(std::exchange(count, 0)), access);
                return Failure{shown.error()};
            }
            bytes += segment.size();
            end = after;
        }
        return {};
    }

    static void release(PageGrants<H>& grants, std::span<PageIndex const> pages, Access access)
    {
        for (PageIndex const page : pages)
            grants.release(page, access);
        if (grants.copies_data()) [[unlikely]]
            grants.give_back(pages);
    }

private:
    [[gnu::always_inline]] Result<> show(PageGrants<H>& grants, Piece segment, Access access)
    {
        PageIndex page = grants.pool().index_of(segment.data());
        if (grants.copies_data()) [[unlikely]]
            page = LODGER_TRY(grants.place(segment, access));
        else if (grants.pool().is_quarantined(page)) [[unlikely]]
            LODGER_TRY(grants.reclaim(page));
        GrantRef ref;
        auto const acquired = grants.acquire(page, access, ref);
        if (!acquired) [[unlikely]] {
            if (grants.copies_data())
                grants.give_back({&page, 1});
            return acquired;
        }
        // As a word, so that what is between its members is zero.
        std::uint64_t const word = segment_word(wire_segment(ref, segment));
        std::memcpy(&wire[count], &word, sizeof word);
        pages[count++] = page;
        return {};
    }
};

} // namespace lodger::blkfront
