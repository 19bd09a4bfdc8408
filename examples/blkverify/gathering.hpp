#pragma once

#include "exerciser.hpp"

#include <memory>
#include <vector>

namespace blkverify {

using Exercisers = std::vector<std::unique_ptr<Exerciser>>;

/// The disks that the settings name: found, opened beside each other, each with an exerciser.
class Gathering {
public:
    Gathering(Store& store, Settings const& settings);
    Gathering(Gathering const&) = delete;
    Gathering& operator=(Gathering const&) = delete;

    /// Waits for all of them, and makes ready. @return whether that could be; if not, says why
    bool prepare();
    Exercisers const& exercisers() const { return exercisers_; }

private:
    static bool is_named(void* self, std::string_view path);
    static void tell(void* self, Disks::Entry& entry, blkfront::Change change);
    Exerciser* exerciser_of(BlockDevice const& device) const;
    blkfront::Options options() const;
    bool take(char const* name, std::uint32_t seed);
    bool refuse(char const* name, Disks::Entry const* entry);

    Store& store_;
    Settings const& settings_;
    Exerciser::Shape shape_;
    Discovery discovery_;
    Disks disks_;
    Exercisers exercisers_;
};

} // namespace blkverify
