#pragma once

#include <lodger/runtime/services.hpp>

#include <array>

namespace blkverify {

using namespace lodger;

/// What a disk told of itself, to be printed later: who is told must not wait, so not print.
class Changes {
public:
    struct Entry {
        blkfront::Change change{};
        Instant at{};
        std::size_t under_way = 0; ///< requests at that time, not answered
    };

    void add(Entry const& entry) { entries_[added_++ % entries_.size()] = entry; }

    /// Calls `use(entry)` for what was added since the last time, as far as there was room.
    template <class Use>
    void take(Use use)
    {
        if (added_ - taken_ > entries_.size())
            taken_ = added_ - entries_.size();
        while (taken_ < added_)
            use(Entry{entries_[taken_++ % entries_.size()]});
    }

private:
    std::array<Entry, 32> entries_;
    std::size_t added_ = 0;
    std::size_t taken_ = 0;
};

} // namespace blkverify
