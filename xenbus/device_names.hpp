#pragma once

#include <lodger/store/client.hpp>
#include <lodger/xenbus/node.hpp>

namespace lodger::xenbus {

/// The path of what is directly below a directory.
inline Result<NodePath> below(std::string_view directory, std::string_view name)
{
    NodePath path = LODGER_TRY(NodePath::of(directory));
    LODGER_TRY(path.append("/"));
    LODGER_TRY(path.append(name));
    return path;
}

/// Calls `each(std::string_view path)`, which returns a `Result<>`, for everything directly below a
/// directory. One that is not there, or is taken away meanwhile, has nothing below it.
/// @return the first error, of XenStore or of `each`
template <Hypervisor H, class Each>
Result<>
for_each_below(store::Client<H>& store, std::string_view directory, Deadline deadline, Each each)
{
    auto const names = store.operations().list(directory, deadline);
    if (!names && (names.error() == Errc::not_found || names.error() == Errc::denied))
        return {};
    if (!names)
        return Failure{names.error()};
    for (std::string_view const name : *names)
        LODGER_TRY(each(LODGER_TRY(below(directory, name)).view()));
    return {};
}

/// The same for every directory of a device of one type that the toolstack has made for us, such as
/// `device/vbd/51712`. There may be other things among them.
/// @param type such as `vbd`
template <Hypervisor H, class Each>
Result<>
for_each_device(store::Client<H>& store, std::string_view type, Deadline deadline, Each each)
{
    NodePath const directory = LODGER_TRY(below("device", type));
    return for_each_below(store, directory, deadline, each);
}

} // namespace lodger::xenbus
