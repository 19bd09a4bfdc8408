#include <lodger/tests/sim/block/siege.hpp>

#include <algorithm>

namespace lodger::sim {

using namespace std::chrono_literals;
using blkfront::Operation;

namespace {

BlockOptions options_of(std::uint8_t choices)
{
    BlockOptions options;
    if (choices & 1)
        options.offers = all_offers;
    options.sector_size = choices & 2 ? 4096 : 512;
    return options;
}

} // namespace

Siege::Siege(World& world, fuzz::Input& input)
    : world_{world},
      choices_{input.take<std::uint8_t>()},
      rig_{world, options_of(choices_)},
      honest_driver_{world.make<ClientDomain>(world.add_domain(2))},
      honest_disk_{world.make<BlockBackend>(
          honest_driver_, rig_.guest.domain, BlockOptions{.number = 51728})},
      havoc_{rig_.disk, rig_.driver, rig_.guest.domain, input}
{
}

void Siege::run()
{
    rig_.guest.run([this](Guest&) { suffer(); });
    Guest& guest = rig_.guest;
    // Of a ring with one page that is still mapped all pages are quarantined.
    expect(guest.grants.in_use() <= guest.grants.quarantined(), "a grant is left");
    expect(guest.domain.open_ports() == 1, "a port is left");
}

void Siege::suffer()
{
    Guest& guest = rig_.guest;
    guest.domain.faults().rate(Fault::spurious_event, choices_ & 4 ? 8 : 0);
    Device honest{guest.store, guest.grants};
    expect(honest.open("xvdb").has_value(), "the honest disk does not open");
    {
        Device device{guest.store, guest.grants};
        blkfront::Options options{.pool_pages = 64};
        options.offer.persistent_grants = choices_ & 8;
        options.offer.queues = choices_ & 16 ? 3 : 1;
        options.offer.ring_pages = choices_ & 32 ? 4 : 1;
        options.on_loss = choices_ & 64 ? xenbus::OnLoss::reconnect : xenbus::OnLoss::fail_fast;
        options.patience = {.connect = 100ms, .come_back = 300ms, .close = 50ms};
        bool const is_open = device.open("xvda", options, rig_.in(300ms)).has_value();
        for (int round = 0; is_open && round < 6; ++round) {
            make_requests(device);
            use_other(honest);
            drop_some(device);
            static_cast<void>(device.wait(rig_.in(1ms + world_.random().up_to(4ms))));
        }
        static_cast<void>(device.close(rig_.in(100ms)));
        forget_what_is_over();
        expect(requests_.empty(), "a request is under way after the end");
    }
    use_other(honest);
    expect(honest.close(rig_.in(1s)).has_value(), "the honest disk does not close");
}

void Siege::forget_what_is_over()
{
    std::erase_if(requests_, [this](auto const& request) {
        if (request->is_in_flight())
            return false;
        std::size_t const wanted = request->is_taken && !request->is_abandoned;
        expect(request->completions == wanted, "a request did not complete once");
        return true;
    });
}

void Siege::make_requests(Device& device)
{
    Random& random = world_.random();
    forget_what_is_over();
    std::uint32_t const unit = device.disk()->sector_size;
    for (std::size_t i = random.between(1, 6); i > 0; --i) {
        auto buffer = Buffer::allocate(device.pool(), random.between(1, 16) * page_size);
        if (!buffer)
            break;
        check_page(device, *buffer);
        auto& request = *requests_.emplace_back(std::make_unique<Request>(std::move(*buffer)));
        auto const memory = request.buffer.bytes();
        std::size_t const size = random.between(1, memory.size() / unit) * unit;
        request.operation = static_cast<Operation>(random.below(6));
        request.offset = random.below(32) * unit;
        request.data = memory.last(size);
        request.length = size;
        request.on_complete = &Job::complete;
        for (std::size_t at = 0; random.chance(3) && at < size; at += unit)
            request.list.push_back(request.data.subspan(at, unit));
        request.scattered = request.list;
        if (random.chance(3))
            request.expires = rig_.guest.domain.now() + random.up_to(5ms);
        request.is_taken = device.submit(request).has_value();
    }
    device.publish();
    std::array<std::byte, 4096> data;
    static_cast<void>(blkfront::read(device, 0, std::span{data}, rig_.in(random.up_to(2ms))));
}

void Siege::drop_some(Device& device)
{
    for (auto const& request : requests_) {
        bool const is_in_flight = request->is_in_flight();
        if (world_.random().chance(16))
            device.cancel(*request);
        else if (world_.random().chance(16)) {
            device.abandon(*request);
            request->is_abandoned |= is_in_flight;
        }
    }
}

/// A page that was free may be in the hands of the backend by one grant of those that last, and of
/// no other.
void Siege::check_page(Device& device, Buffer const& buffer)
{
    auto const* const features = device.features();
    bool const is_persistent = choices_ & 8 && (!features || features->persistent_grants);
    auto const entries = rig_.guest.domain.grant_table(1).value();
    for (std::size_t at = 0; at < buffer.bytes().size(); at += page_size) {
        auto const frame = rig_.guest.domain.gfn(&buffer.bytes()[at]).value;
        auto const open = std::ranges::count_if(entries, [&](GrantEntry const& entry) {
            return entry.flags & GTF_permit_access && entry.frame == frame;
        });
        expect(open <= (is_persistent ? 1 : 0), "a page is handed out that a backend may touch");
    }
}

void Siege::use_other(Device& device)
{
    std::vector<std::byte> data(3 * page_size);
    std::size_t const at = world_.random().below(16) * page_size;
    auto const medium = std::span{honest_disk_.medium()}.subspan(at, data.size());
    expect(
        blkfront::read(device, at, std::span{data}, rig_.in(1s)).has_value(),
        "the honest disk does not work");
    expect(std::ranges::equal(data, medium), "the honest disk has other data");
}

void Siege::expect(bool holds, char const* what)
{
    if (!holds)
        world_.fail(what);
}

} // namespace lodger::sim
