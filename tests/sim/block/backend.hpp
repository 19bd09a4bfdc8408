#pragma once

#include <lodger/blkback/device.hpp>
#include <lodger/tests/sim/block/disk.hpp>
#include <lodger/tests/sim/block/hostile_ring.hpp>
#include <lodger/tests/sim/block/options.hpp>
#include <lodger/tests/sim/client_domain.hpp>
#include <lodger/tests/sim/store/daemon.hpp>

namespace lodger::sim {

/// The block backend's part of the handshake, for a backend that may skip a step of it.
struct BlockHandshake : blkback::Handshake<Domain, SlowMedium, HostileRing> {
    using Handshake::Handshake;

    bool negotiates() const;

    Faults* faults = nullptr;
};

/// A disk and its backend: what the toolstack writes for both ends, and `blkback/` on a medium in
/// memory, which ends requests in any order. Goes wrong as the backend domain's `faults()` say, and
/// as a test tells it to.
class BlockBackend {
public:
    /// @param predecessor a backend of the same disk, which this one replaces: the toolstack has
    /// removed both directories and makes them anew
    BlockBackend(
        ClientDomain& backend, Domain& guest, BlockOptions options = {},
        BlockBackend* predecessor = nullptr);
    BlockBackend(BlockBackend const&) = delete;
    BlockBackend& operator=(BlockBackend const&) = delete;

    /// The frontend's directory, absolute, and ours.
    std::string const& frontend_path() const { return frontend_path_; }
    std::string const& path() const { return path_; }

    std::vector<std::byte>& medium() { return platters_->bytes(); }
    Platters& platters() { return *platters_; }
    xenbus::State state() const { return device().server().backend().state(); }
    xenbus::ServerStatus status() const { return device().status(); }
    /// Whether it has ended: its directory is gone, or it died.
    bool is_over() const { return has_failed_ || device().is_over(); }
    bool is_connected_to_ring() const { return device().link() != nullptr; }
    /// The ring's pages as the backend sees them, while it is connected.
    std::span<std::byte> ring(std::size_t queue = 0) const
    {
        return device().link()->queues[queue]->ring_bytes();
    }
    std::size_t queue_count() const { return device().link()->count; }
    /// Pages of the frontend's that stay mapped for good at the moment.
    std::size_t kept_pages() const;

    // What a test makes it do at once, whatever the frontend says.

    /// Writes a state, and does nothing about it.
    void say(xenbus::State state) { say(xenbus::text_of(state)); }
    void say(std::string_view state) { world_.store().write(path_ + "/state", state); }
    /// Closes from its own side.
    void close() { device().server().close(); }
    /// Reports an error and closes.
    void fail(Errc why) { device().server().fail(why); }
    /// Its domain dies: everything is unmapped, and XenStore stays as it is.
    void die() { device().server().stop(); }
    /// Its directory is removed.
    void vanish() { world_.store().rm(path_); }
    /// The toolstack detaches the disk, as libxl begins it: `online` and `state` of the backend.
    void detach();
    /// Becomes larger or smaller, and says so as Linux does.
    void resize(std::size_t size);
    void reconfigure() { device().server().reconfigure(); }
    /// The same, and it is of another size afterwards.
    void reconfigure(std::size_t size)
    {
        medium_.resize(size);
        reconfigure();
    }

private:
    bool has_failed_ = false; ///< it could not go on

    using Device = blkback::Device<Domain, SlowMedium, HostileRing, BlockHandshake>;

    void write_nodes(std::uint16_t guest_id);
    void run();
    void attach_late();
    Device& device() const { return *device_; }

    World& world_;
    ClientDomain& backend_;
    BlockOptions options_;
    std::string frontend_path_;
    std::string path_;
    std::shared_ptr<Platters> platters_;
    SlowMedium medium_;
    std::unique_ptr<Device> device_;
};

} // namespace lodger::sim
