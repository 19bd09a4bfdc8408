#include <lodger/grant/status.hpp>
#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <cassert>

namespace lodger::sim {

using namespace std::chrono_literals;

Domain::Domain(World& world, lodger::Domain id)
    : world_{world},
      id_{id},
      faults_{world.random()},
      loop_{[this] { loop(); }},
      channels_(EventChannels::most_ports),
      grant_entries_(grant_frames * grant::entries_per_frame),
      store_page_{Arena::instance().allocate(1).value()}
{
    allocate_store_port();
}

Domain::~Domain() = default;

/// As the toolstack does before the domain runs.
void Domain::allocate_store_port()
{
    store_port_ = Port{static_cast<std::uint32_t>(
        world_.event_channels().alloc_unbound(*this, lodger::Domain{0}))};
}

store::Page& Domain::store_page() const
{
    return *reinterpret_cast<store::Page*>(Arena::instance().bytes(store_page_).data());
}

Result<Port> Domain::alloc_unbound(lodger::Domain remote)
{
    hypercall();
    if (faults_.strikes(Fault::event_channel_refused))
        return Failure{Errc::no_space};
    long const port = world_.event_channels().alloc_unbound(*this, remote);
    if (port < 0)
        return Failure{errc_of_hypercall(port)};
    return Port{static_cast<std::uint32_t>(port)};
}

Result<Port> Domain::bind_interdomain(lodger::Domain remote, Port remote_port)
{
    hypercall();
    if (faults_.strikes(Fault::event_channel_refused))
        return Failure{Errc::no_space};
    long const port = world_.event_channels().bind_interdomain(*this, remote, remote_port);
    if (port < 0)
        return Failure{errc_of_hypercall(port)};
    return Port{static_cast<std::uint32_t>(port)};
}

Result<void> Domain::close(Port port)
{
    hypercall();
    long const error = world_.event_channels().close(*this, port);
    if (error < 0)
        return Failure{errc_of_hypercall(error)};
    return {};
}

Result<void> Domain::notify(Port port)
{
    hypercall();
    long const error = world_.event_channels().send(*this, port);
    if (error < 0)
        return Failure{errc_of_hypercall(error)};
    return {};
}

Result<std::span<std::byte>> Domain::allocate_pages(std::size_t count)
{
    if (faults_.strikes(Fault::no_pages) || pages_in_use() + count > most_pages_)
        return Failure{Errc::no_memory};
    auto const first = Arena::instance().allocate(count);
    if (!first)
        return Failure{Errc::no_memory};
    for (std::size_t i = 0; i < count; ++i) {
        auto const page = static_cast<Arena::Page>(*first + i);
        gfns_[page] = new_frame(page);
        world_.on_new_page(page);
    }
    return Arena::instance().bytes(*first, count);
}

/// Neighbours in our address space are none in Xen's, as is ordinary for a PV guest.
Gfn Domain::new_frame(Arena::Page page)
{
    std::uint64_t frame;
    do
        frame = 0x10000 * (id_.value + 1u) + world_.random().below(0x8000);
    while (!frames_.emplace(frame, page).second);
    return Gfn{frame};
}

void Domain::free_pages(std::span<std::byte> pages)
{
    for (std::size_t offset = 0; offset < pages.size(); offset += page_size) {
        auto const page = Arena::instance().page_of(pages.data() + offset);
        auto const known = page ? gfns_.find(*page) : gfns_.end();
        if (known == gfns_.end())
            return world_.fail("freed a page that is not allocated");
        if (is_granted(known->second))
            return world_.fail("freed a page that another domain may still map");
        frames_.erase(known->second.value);
        gfns_.erase(known);
        Arena::instance().release(*page);
    }
}

Gfn Domain::gfn(void const* address) const
{
    auto const page = Arena::instance().page_of(address);
    assert(page && gfns_.contains(*page));
    return gfns_.at(*page);
}

Result<std::span<GrantEntry>> Domain::grant_table(std::size_t frames)
{
    hypercall();
    if (frames > most_grant_frames_ || faults_.strikes(Fault::grant_table_full))
        return Failure{Errc::no_space};
    grant_frames_ = std::max(grant_frames_, frames);
    return std::span{grant_entries_}.first(grant_frames_ * grant::entries_per_frame);
}

bool Domain::is_granted(Gfn gfn) const
{
    auto const known = std::span{grant_entries_}.first(grant_frames_ * grant::entries_per_frame);
    return std::ranges::any_of(known, [&](GrantEntry const& entry) {
        return entry.flags != 0 && entry.frame == gfn.value;
    });
}

Result<std::span<std::byte>>
Domain::map_grants(lodger::Domain owner, std::span<GrantRef const> refs, Access access)
{
    hypercall();
    std::span<std::byte> pages;
    LODGER_TRY(grant::check_status(world_.grants().map(*this, owner, refs, access, pages)));
    return pages;
}

Result<void> Domain::unmap_grants(std::span<std::byte> pages)
{
    hypercall();
    Result<> outcome;
    for (std::size_t offset = 0; offset < pages.size(); offset += page_size) {
        if (faults_.strikes(Fault::block_held_page))
            continue;
        auto const unmapped =
            grant::check_status(world_.grants().unmap(*this, pages.subspan(offset, page_size)));
        if (!unmapped)
            outcome = unmapped;
    }
    return outcome;
}

std::size_t Domain::open_ports() const
{
    auto const closed = std::ranges::count(channels_, Channel::State::closed, &Channel::state);
    return channels_.size() - static_cast<std::size_t>(closed);
}

void Domain::hypercall()
{
    maybe_die();
    world_.scheduling_point();
    auto const ports = ports_.ports();
    if (!ports.empty() && faults_.strikes(Fault::spurious_event))
        raise(ports[world_.random().below(ports.size())]);
}

void Domain::trace(Topic topic, std::string_view line)
{
    std::string text{name(topic)};
    text += ": ";
    for (char const c : line)
        text += c == '\0' ? ' ' : c;
    world_.note(std::move(text));
}

} // namespace lodger::sim
