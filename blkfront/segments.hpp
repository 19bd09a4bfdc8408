#pragma once

#include <lodger/blkfront/io.hpp>
#include <lodger/blkfront/page_grants.hpp>

namespace lodger::blkfront {

/// What a request needs of the pages that its data is in.
constexpr Access access_of(Operation operation)
{
    return operation == Operation::read ? Access::read_write : Access::read_only;
}

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
    /// @return `no_space` while there is no grant for even one, `quarantined`; then none is taken
    Result<> gather(PageGrants<H>& grants, Io const& io)
    {
        Access const access = access_of(io.operation);
        std::uint64_t const left = io.size_ - io.issued_;
        end = io.position_;
        while (count < wire.size() && bytes < left) {
            Io::Position after = end;
            Piece const segment = io.take_segment(after);
            PageIndex const page = grants.pool().index_of(segment.data());
            auto const acquired = grants.acquire(page, access);
            if (!acquired) {
                if (count > 0 && acquired.error() == Errc::no_space)
                    break; // The rest when others have given theirs back.
                release(grants, pages.first(std::exchange(count, 0)), access);
                return acquired;
            }
            wire[count] = wire_segment(grants.ref(page, access), segment);
            pages[count++] = page;
            bytes += segment.size();
            end = after;
        }
        return {};
    }

    static void release(PageGrants<H>& grants, std::span<PageIndex const> pages, Access access)
    {
        for (PageIndex const page : pages)
            grants.release(page, access);
    }
};

} // namespace lodger::blkfront
