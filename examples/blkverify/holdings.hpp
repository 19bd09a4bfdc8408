#pragma once

#include <lodger/runtime/services.hpp>

#include <algorithm>

namespace blkverify {

using namespace lodger;

/// What the guest holds of Xen's and XenStore's resources: after a disk has been closed, the same
/// as before it was opened.
struct Holdings {
    std::size_t ports = 0;
    std::size_t grants = 0;
    std::size_t watches = 0;
    std::size_t quarantined = 0; ///< pages, each with its grant, that a backend has not let go of

    static Holdings now(Store& store)
    {
        Holdings holdings{
            .ports = guest().scheduler().ports().ports().size(),
            .grants = runtime::grants().in_use(),
            .quarantined = runtime::grants().quarantined(),
        };
        // Others, such as those of what serves the toolstack, come and go by themselves.
        store::Watches const& watches = store.connection().session().watches();
        for (auto const* watch = watches.first(); watch; watch = watch->next())
            holdings.watches +=
                watch->path().contains("device/vbd") || watch->path().contains("backend/vbd");
        return holdings;
    }

    bool has_no_more_than(Holdings const& before) const
    {
        return ports <= before.ports && watches <= before.watches &&
               grants <= before.grants + (quarantined - before.quarantined);
    }
};

} // namespace blkverify
