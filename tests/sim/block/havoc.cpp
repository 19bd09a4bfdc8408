#include <lodger/blkfront/keys.hpp>
#include <lodger/grant/abi.hpp>
#include <lodger/tests/sim/block/havoc.hpp>

namespace lodger::sim {

using namespace std::chrono_literals;

void Havoc::run()
{
    while (!input_.empty() && !world().is_finishing()) {
        act();
        auto const pause = input_.take<std::uint8_t>();
        if (pause < 128)
            self_.yield();
        else
            self_.sleep(pause % 128 * (pause % 128) * 400ns);
    }
}

void Havoc::act()
{
    switch (input_.take<std::uint8_t>() % 16) {
    case 0:
    case 1: return change_index();
    case 2: return change_ring();
    case 3:
    case 4: return change_granted_page();
    case 5:
    case 6: return keep_page();
    case 7: return let_go();
    case 8:
    case 9:
    case 10: return answer();
    case 11:
    case 12: return write_key();
    case 13: return remove_key();
    case 14: return say_state();
    case 15: return misbehave();
    }
}

std::span<std::byte> Havoc::ring()
{
    if (disk_.is_over() || !disk_.is_connected_to_ring())
        return {};
    return disk_.ring(input_.up_to(disk_.queue_count() - 1));
}

void Havoc::change_index()
{
    auto const ring = this->ring();
    if (ring.empty())
        return;
    auto& header = *reinterpret_cast<ring::SharedHeader*>(ring.data());
    std::uint32_t* const cells[] = {
        &header.rsp_prod, &header.req_event, &header.req_prod, &header.rsp_event};
    *cells[input_.up_to(3)] += static_cast<std::uint32_t>(input_.take<std::int8_t>());
}

void Havoc::change_ring()
{
    auto const ring = this->ring();
    if (!ring.empty())
        ring[input_.up_to(ring.size() - 1)] = static_cast<std::byte>(input_.take<std::uint8_t>());
}

std::span<std::byte> Havoc::map_any(Access access)
{
    std::vector<GrantRef> open;
    std::size_t const frames = 1 + input_.up_to(1);
    auto const entries = guest_.grant_table(frames);
    for (std::uint32_t ref = 0; entries && ref < entries->size(); ++ref) {
        GrantEntry const& entry = (*entries)[ref];
        bool const is_open = entry.flags & GTF_permit_access &&
                             entry.domain == backend_.domain.id().value &&
                             (access == Access::read_only || !(entry.flags & GTF_readonly));
        if (is_open)
            open.emplace_back(ref);
    }
    std::span<std::byte> page;
    if (open.empty())
        return page;
    GrantRef const ref = open[input_.up_to(open.size() - 1)];
    if (world().grants().map(backend_.domain, guest_.id(), {&ref, 1}, access, page) != GNTST_okay)
        return {};
    return page;
}

void Havoc::change_granted_page()
{
    auto const page = map_any(Access::read_write);
    if (page.empty())
        return;
    std::size_t const at = input_.up_to(page.size() - 1);
    for (std::size_t count = input_.up_to(16); count-- > 0;)
        page[(at + count) % page.size()] = static_cast<std::byte>(input_.take<std::uint8_t>());
    world().grants().unmap(backend_.domain, page);
}

void Havoc::keep_page()
{
    constexpr std::size_t most = 6; // The guest's memory is not to end before the input does.
    auto const access = input_.up_to(1) ? Access::read_write : Access::read_only;
    if (kept_.size() >= most)
        return;
    if (auto const page = map_any(access); !page.empty())
        kept_.push_back(page);
}

void Havoc::let_go()
{
    if (kept_.empty())
        return;
    world().grants().unmap(backend_.domain, kept_.back());
    kept_.pop_back();
}

/// A response that could be one: to a request that is in the ring, or was.
void Havoc::answer()
{
    auto const ring = this->ring();
    if (ring.empty())
        return;
    auto& header = *reinterpret_cast<ring::SharedHeader*>(ring.data());
    std::byte* const slots = ring.data() + sizeof header;
    std::size_t const count = std::bit_floor(ring.size() / sizeof(blkfront::Request));
    auto const slot = [&](std::size_t index) {
        return slots + index % count * sizeof(blkfront::Request);
    };
    blkfront::Request request;
    std::memcpy(&request, slot(input_.up_to(count - 1)), sizeof request);
    blkfront::Response const response{
        .id = request.id,
        .operation = request.operation,
        .status = static_cast<std::int16_t>(input_.take<std::int8_t>() / 32)};
    std::memcpy(slot(header.rsp_prod), &response, sizeof response);
    ++header.rsp_prod;
}

std::string Havoc::any_path()
{
    static constexpr std::string_view others[] = {"state",      "online",      "hotplug-status",
                                                  "frontend",   "frontend-id", "backend",
                                                  "backend-id", "ring-ref",    "event-channel"};
    auto const choice = input_.up_to(255);
    // What stands in our own directory is the toolstack's word, and more rarely a lie.
    std::string const& directory = choice >= 224 ? disk_.frontend_path() : disk_.path();
    std::size_t const known = blkfront::keys.size();
    std::size_t const number = choice % (known + std::size(others));
    std::string_view const name =
        number < known ? blkfront::keys[number].name : others[number - known];
    return directory + "/" + std::string{name};
}

void Havoc::write_key()
{
    std::string const path = any_path();
    switch (input_.up_to(3)) {
    case 0: return world().store().write(path, input_.take_text(24));
    case 1: return world().store().write(path, std::to_string(input_.take<std::uint64_t>()));
    default: return world().store().write(path, std::to_string(input_.take<std::uint8_t>()));
    }
}

void Havoc::remove_key()
{
    std::string const path = any_path();
    if (input_.up_to(15) == 0)
        return disk_.vanish();
    if (world().store().read(path))
        world().store().rm(path);
}

void Havoc::say_state()
{
    disk_.say(std::to_string(input_.up_to(9)));
}

void Havoc::misbehave()
{
    if (disk_.is_over())
        return;
    switch (input_.up_to(7)) {
    case 0: return disk_.close();
    case 1: return disk_.fail(Errc::io);
    case 2: return disk_.detach();
    case 3: return disk_.resize((1 + input_.up_to(255)) * page_size);
    case 4: return disk_.reconfigure();
    default:
        // Whatever it is asked next, it fails, forgets, or refuses.
        return backend_.domain.faults().plan(
            static_cast<Fault>(
                static_cast<std::size_t>(Fault::block_error) +
                input_.up_to(
                    static_cast<std::size_t>(Fault::block_no_indirect) -
                    static_cast<std::size_t>(Fault::block_error))),
            1 + input_.up_to(3));
    }
}

} // namespace lodger::sim
