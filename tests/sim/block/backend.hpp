#pragma once

#include <lodger/tests/sim/block/link.hpp>
#include <lodger/tests/sim/block/options.hpp>
#include <lodger/tests/sim/client_domain.hpp>
#include <lodger/xenbus/state.hpp>

namespace lodger::sim {

/// A disk and its backend, which does what Linux's blkback does (drivers/block/xen-blkback): what
/// the toolstack writes for both ends, the handshake, and reads and writes of a medium in memory,
/// completed in any order. Goes wrong as the backend domain's `faults()` say.
class BlockBackend {
public:
    BlockBackend(ClientDomain& backend, Domain& guest, BlockOptions options = {});
    BlockBackend(BlockBackend const&) = delete;
    BlockBackend& operator=(BlockBackend const&) = delete;

    /// The frontend's directory, absolute, and ours.
    std::string const& frontend_path() const { return frontend_path_; }
    std::string const& path() const { return path_; }

    std::vector<std::byte>& medium() { return medium_; }
    xenbus::State state() const { return state_; }
    bool is_connected_to_ring() const { return link_ != nullptr; }
    /// The ring's page as the backend sees it, while it is connected.
    std::span<std::byte> ring() const { return link_->ring_page(); }

    /// What a test makes it do at once, whatever the frontend says.
    void say(xenbus::State state);

private:
    void write_nodes(BlockOptions const& options, std::uint16_t guest_id);
    void handshake();
    Result<> follow(xenbus::State frontend);
    Result<> connect();
    Result<> publish_keys();
    Result<> publish(std::string_view key, std::string const& value);
    Result<> switch_to(xenbus::State state);
    void disconnect();
    void serve_ring();

    World& world_;
    ClientDomain& backend_;
    Domain& guest_;
    BlockOptions options_;
    std::string frontend_path_;
    std::string path_;
    std::vector<std::byte> medium_;
    xenbus::State state_ = xenbus::State::initialising;
    std::unique_ptr<BlockLink> link_;
    WaitQueue work_;
};

} // namespace lodger::sim
