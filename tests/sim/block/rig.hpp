#pragma once

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/backend.hpp>
#include <lodger/tests/sim/guest.hpp>

namespace lodger::sim {

/// A guest with a disk that a driver domain serves.
struct BlockRig {
    using Device = blkfront::Device<Domain>;

    explicit BlockRig(World& world, BlockOptions options = {})
        : world{world},
          guest{world.make<Guest>(world)},
          driver{world.make<ClientDomain>(world.add_domain(1))},
          disk{world.make<BlockBackend>(driver, guest.domain, std::move(options))}
    {
    }

    /// Runs `body(device)` in a thread of the guest, with the disk open, and closes it.
    template <class Body>
    void with_device(Body body)
    {
        guest.run([&](Guest&) {
            Device device{guest.store, guest.grants};
            device.open("xvda").value();
            body(device);
            device.close(in(std::chrono::seconds{5})).value();
        });
    }

    /// Nothing of the guest's is left: no grant, no page, no port but XenStore's, no watch.
    bool is_clean() const
    {
        return guest.grants.in_use() == 0 && guest.domain.pages_in_use() == 0 &&
               guest.domain.open_ports() == 1;
    }

    std::vector<std::string> frontend_states() const
    {
        return world.store().values_of(disk.frontend_path() + "/state");
    }

    Deadline in(Duration duration) { return after(guest.domain, duration); }

    World& world;
    Guest& guest;
    ClientDomain& driver;
    BlockBackend& disk;
};

} // namespace lodger::sim

// As in client_domain.hpp.
extern template class lodger::blkfront::Device<lodger::sim::Domain>;
extern template class lodger::blkfront::Flow<lodger::sim::Domain>;
extern template class lodger::blkfront::Queue<lodger::sim::Domain>;
extern template class lodger::blkfront::Link<lodger::sim::Domain>;
extern template class lodger::blkfront::Handshake<lodger::sim::Domain>;
extern template class lodger::blkfront::PageGrants<lodger::sim::Domain>;
extern template class lodger::blkfront::IndirectFrames<lodger::sim::Domain>;
extern template class lodger::blkfront::BufferPool<lodger::sim::Domain>;
