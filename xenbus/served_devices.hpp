#pragma once

#include <lodger/store/client.hpp>
#include <lodger/xenbus/node.hpp>

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
        NodePath path;
        LODGER_TRY(path.append("backend/"));
        LODGER_TRY(path.append(type));
        return ServedDevices{store, path, LODGER_TRY(store.watch(path.view(), deadline))};
    }

    /// Calls `each(std::string_view path)`, which returns a `Result<>`, for every device that is
    /// there now. Directories that are no domain's are passed over.
    /// @return the first error, of XenStore or of `each`
    template <class Each>
    Result<> look(Each each)
    {
        watch_.discard_events();
        return for_each_name(root_, [&](std::string_view domain) -> Result<> {
            if (!parse<std::uint16_t>(domain))
                return {};
            NodePath const directory = LODGER_TRY(below(root_, domain));
            return for_each_name(directory, [&](std::string_view device) -> Result<> {
                return each(LODGER_TRY(below(directory, device)).view());
            });
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

    static Result<NodePath> below(NodePath const& directory, std::string_view name)
    {
        NodePath path = directory;
        LODGER_TRY(path.append("/"));
        LODGER_TRY(path.append(name));
        return path;
    }

    /// A directory that is not there, or is taken away meanwhile, has no names.
    template <class Each>
    Result<> for_each_name(NodePath const& directory, Each each)
    {
        auto const names = store_->list(directory.view());
        if (!names && (names.error() == Errc::not_found || names.error() == Errc::denied))
            return {};
        if (!names)
            return Failure{names.error()};
        for (std::string_view const name : *names)
            LODGER_TRY(each(name));
        return {};
    }

    store::Client<H>* store_;
    NodePath root_;
    store::Watch<H> watch_;
};

} // namespace lodger::xenbus
