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
        // In variables of its own, which what is written to `wire` cannot change.
        Io::Position position = io.position_;
        std::uint64_t sum = 0;
        std::size_t taken = 0;
        for (; taken < wire.size() && sum < left; ++taken) {
            Io::Position after = position;
            Piece const segment = io.take_segment(after);
            Shown shown{grants.pool().index_of(segment.data()), PageGrants<H>::none};
            if (!grants.copies_data()) [[likely]]
                shown.ref = grants.acquire_granted(shown.page, access);
            if (shown.ref == PageGrants<H>::none) [[unlikely]] {
                auto const made = show(grants, segment, access);
                if (!made && taken > 0 && is_shortage(made.error()))
                    break; // The rest when others have given theirs back.
                if (!made) {
                    release(grants, pages.first(taken), access);
                    return Failure{made.error()};
                }
                shown = *made;
            }
            // As a word, so that what is between its members is zero.
            std::uint64_t const word = segment_word(wire_segment(shown.ref, segment));
            std::memcpy(&wire[taken], &word, sizeof word);
            pages[taken] = shown.page;
            position = after;
            sum += segment.size();
        }
        count = taken;
        bytes = sum;
        end = position;
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
    /// A page that the backend may use, and by what it knows it.
    struct Shown {
        PageIndex page;
        GrantRef ref;
    };

    static bool is_shortage(Errc error) { return error == Errc::no_space || error == Errc::busy; }

    /// Grants the page of a segment, after what has to be done with it before.
    [[gnu::noinline]] static Result<Shown> show(PageGrants<H>& grants, Piece segment, Access access)
    {
        PageIndex page = grants.pool().index_of(segment.data());
        if (grants.copies_data())
            page = LODGER_TRY(grants.place(segment, access));
        else if (grants.pool().is_quarantined(page))
            LODGER_TRY(grants.reclaim(page));
        auto const ref = grants.acquire(page, access);
        if (ref)
            return Shown{page, *ref};
        if (grants.copies_data())
            grants.give_back({&page, 1});
        return Failure{ref.error()};
    }
};

} // namespace lodger::blkfront
