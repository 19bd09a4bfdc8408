#pragma once

#include <lodger/tests/fuzz/input.hpp>
#include <lodger/tests/sim/block/backend.hpp>

#include <vector>

namespace lodger::sim {

/// What a backend can do to a guest besides serving it, at any moment and in any order, as an input
/// says: it changes bytes of whatever it was granted, keeps pages mapped, answers what it likes,
/// and writes and removes any key of the device. The backend that it stands beside goes on serving,
/// so that the guest gets far.
///
/// It is a domain of its own only so that it may act at each access of the guest's.
class Havoc {
public:
    Havoc(BlockBackend& disk, ClientDomain& backend, Domain& guest, fuzz::Input& input)
        : disk_{disk},
          backend_{backend},
          guest_{guest},
          input_{input},
          self_{backend.domain.world().add_domain(9)}
    {
        self_.serve("havoc", [this] { run(); });
    }
    Havoc(Havoc const&) = delete;
    Havoc& operator=(Havoc const&) = delete;

private:
    void run();
    void act();
    void change_index();
    void change_ring();
    void change_granted_page();
    void keep_page();
    void let_go();
    void answer();
    void write_key();
    void remove_key();
    void say_state();
    void misbehave();

    World& world() const { return self_.world(); }
    /// The ring of one queue, while the backend has it mapped.
    std::span<std::byte> ring();
    /// One of the guest's pages that the backend may map now.
    std::span<std::byte> map_any(Access access);
    std::string any_path();

    BlockBackend& disk_;
    ClientDomain& backend_;
    Domain& guest_;
    fuzz::Input& input_;
    Domain& self_;
    std::vector<std::span<std::byte>> kept_;
};

} // namespace lodger::sim
