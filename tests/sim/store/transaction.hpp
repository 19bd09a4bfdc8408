#pragma once

#include <lodger/tests/sim/store/tree.hpp>

#include <set>

namespace lodger::sim {

/// A change that watches will tell of.
struct Change {
    std::string path;
    bool exact = false; ///< a node that went with one above it: only its own watches fire
};

/// A transaction that is open at the daemon: a copy of the tree as it was, and which nodes were
/// read and changed in it. It can be committed only while those are what they were.
struct OpenTransaction {
    std::uint32_t id;
    Tree before;
    Tree tree = before;
    std::set<std::string, std::less<>> touched{}; ///< read or changed
    std::vector<Change> changes{};

    /// @return false if somebody else has changed what this one read or changed
    bool commit_to(Tree& committed) const
    {
        for (std::string const& path : touched) {
            if (generation(committed, path) != generation(before, path))
                return false;
        }
        for (std::string const& path : touched) {
            if (generation(tree, path) != generation(before, path))
                committed.take_over(tree, path);
        }
        return true;
    }

private:
    static std::uint64_t generation(Tree const& tree, std::string_view path)
    {
        Node const* const node = tree.find(path);
        return node ? node->generation + 1 : 0;
    }
};

} // namespace lodger::sim
