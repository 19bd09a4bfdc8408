#include <lodger/tests/sim/recorder.hpp>

#include <algorithm>

namespace lodger::sim {
namespace {

std::size_t offset_of(std::byte const* address)
{
    return reinterpret_cast<std::uintptr_t>(address) % page_size;
}

} // namespace

void Recorder::on_page(void const* address, std::size_t size)
{
    auto const* start = static_cast<std::byte const*>(address);
    auto const* const end = start + size;
    for (start -= offset_of(start); start < end; start += page_size) {
        auto const page = Arena::instance().page_of(start);
        if (page && !before_.contains(*page))
            before_.emplace(*page, Bytes(start, start + page_size));
    }
}

void Recorder::on_store(Instant at, lodger::Domain by, void const* address, std::size_t size)
{
    auto const* bytes = static_cast<std::byte const*>(address);
    while (size > 0) {
        auto const page = Arena::instance().page_of(bytes);
        if (!page)
            return; // Shared with Xen, not with a domain: the grant table.
        std::size_t const count = std::min(size, page_size - offset_of(bytes));
        add({at, by, *page, offset_of(bytes), Bytes(bytes, bytes + count)});
        bytes += count;
        size -= count;
    }
}

void Recorder::on_new_page(Instant at, lodger::Domain by, Arena::Page page)
{
    before_.emplace(page, Bytes(page_size));
    add({at, by, page, 0, Bytes(page_size)});
}

void Recorder::add(RecordedStore store)
{
    bytes_ += store.bytes.size();
    stores_.push_back(std::move(store));
    while (bytes_ > most_bytes_) {
        RecordedStore const& oldest = stores_.front();
        apply(before_.at(oldest.page), oldest);
        bytes_ -= oldest.bytes.size();
        stores_.pop_front();
    }
}

void Recorder::apply(Bytes& page, RecordedStore const& store)
{
    std::ranges::copy(store.bytes, page.begin() + static_cast<std::ptrdiff_t>(store.offset));
}

Recorder::Bytes Recorder::page_at(Arena::Page page, Instant at) const
{
    auto const known = before_.find(page);
    Bytes bytes = known == before_.end() ? Bytes(page_size) : known->second;
    for (RecordedStore const& store : stores_) {
        if (store.page == page && store.at <= at)
            apply(bytes, store);
    }
    return bytes;
}

void Recorder::replay(
    Arena::Page page, std::function<void(RecordedStore const&, Bytes const&)> visit) const
{
    auto const known = before_.find(page);
    Bytes bytes = known == before_.end() ? Bytes(page_size) : known->second;
    for (RecordedStore const& store : stores_) {
        if (store.page != page)
            continue;
        apply(bytes, store);
        visit(store, bytes);
    }
}

} // namespace lodger::sim
