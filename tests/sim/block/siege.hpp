#pragma once

#include <lodger/tests/sim/block/havoc.hpp>
#include <lodger/tests/sim/block/job.hpp>
#include <lodger/tests/sim/block/rig.hpp>

namespace lodger::sim {

/// A guest with two disks, one of which has a backend that does whatever an input says. Whatever
/// that is: each request completes exactly once; no page is handed out that a backend may touch;
/// the other disk works; in the end nothing is left but what the backend would not let go of.
///
/// Says by `World::fail` what does not hold.
class Siege {
public:
    using Device = BlockRig::Device;
    using Buffer = blkfront::Buffer<Domain>;

    Siege(World& world, fuzz::Input& input);

    /// Runs it to its end.
    void run();

private:
    struct Request : Job {
        Buffer buffer;
        std::vector<blkfront::Piece> list{};
        bool is_taken = false;
        bool is_abandoned = false;

        explicit Request(Buffer pages) : buffer{std::move(pages)} {}
    };

    void suffer();
    void forget_what_is_over();
    void make_requests(Device& device);
    void drop_some(Device& device);
    void check_page(Device& device, Buffer const& buffer);
    void use_other(Device& device);
    void expect(bool holds, char const* what);

    World& world_;
    std::uint8_t choices_;
    BlockRig rig_;
    ClientDomain& honest_driver_;
    BlockBackend& honest_disk_;
    Havoc havoc_;
    std::vector<std::unique_ptr<Request>> requests_;
};

} // namespace lodger::sim
