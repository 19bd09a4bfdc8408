#pragma once

#include <lodger/store/client.hpp>
#include <lodger/xenbus/device_names.hpp>

namespace lodger::xenbus {

/// The devices of one type that our domain is to serve: the directories
/// `backend/<type>/<frontend-id>/<device>`, which the toolstack makes and removes at any time.
/// Owns a watch. Whoever serves them remembers which it knows.
template <Hypervisor H>
class ServedDevices {
public:
    /// @param type such as `vbd`
    static Result<ServedDevices>
    watch(store::Client<H>& store, std::string_view type, Deadline deadline)
    {
        NodePath const path = LODGER_TRY(below("backend", type));
        return ServedDevices{store, path, LODGER_TRY(store.watch(path.view(), deadline))};
    }

    /// Calls `each(std::string_view path)`, which returns a `Result<>`, for every device that is
    /// there now. Directories that are no domain's are passed over.
    /// @return the first error, of XenStore or of `each`
    template <class Each>
    Result<> look(Each each)
    {
        watch_.discard_events();
        Deadline const deadline = store_->patience();
        return for_each_below(*store_, root_, deadline, [&](std::string_view domain) -> Result<> {
            if (!parse<std::uint16_t>(domain.substr(domain.rfind('/') + 1)))
                return {};
            return for_each_below(*store_, domain, deadline, each);
        });
    }

    /// Waits until there may be others than `look` saw.
    Result<> wait(Deadline deadline) { return watch_.wait(deadline); }

private:
    ServedDevices(store::Client<H>& store, NodePath root, store::Watch<H> watch)
        : store_{&store},
          root_{root},
          watch_{std::move(watch)}
    {
    }

    store::Client<H>* store_;
    NodePath root_;
    store::Watch<H> watch_;
};

} // namespace lodger::xenbus
