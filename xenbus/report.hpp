#pragma once

#include <lodger/store/client.hpp>
#include <lodger/xenbus/node.hpp>

namespace lodger::xenbus {

/// A device's directory relative to its domain's, however it was given.
constexpr std::string_view relative(std::string_view path)
{
    constexpr std::string_view home = "/local/domain/";
    if (!path.starts_with(home))
        return path;
    path.remove_prefix(home.size());
    std::size_t const end = path.find('/');
    return end == path.npos ? std::string_view{} : path.substr(end + 1);
}

/// Where errors of a device of ours are told: below `error/` of our own domain.
using ErrorPath = Text<longest_path + 8>;
inline Result<ErrorPath> error_path(std::string_view path)
{
    ErrorPath directory;
    LODGER_TRY(directory.append("error/"));
    LODGER_TRY(directory.append(relative(path)));
    return directory;
}

/// Tells people and the toolstack why a device of ours does not work, in `error/<path>/error` of
/// our own domain (docs/misc/xenstore-paths.pandoc, `~/error`; drivers/xen/xenbus/xenbus_client.c,
/// xenbus_va_dev_error). For either role; then the device goes to Closing.
/// @param path the device's own directory
/// @param what was being done, or waited for
template <Hypervisor H>
Result<> report_error(
    store::Client<H>& store, std::string_view path, Errc why, std::string_view what,
    Deadline deadline)
{
    ErrorPath const directory = LODGER_TRY(error_path(path));
    Text<240> text;
    LODGER_TRY(text.append(describe(why)));
    if (!what.empty()) {
        LODGER_TRY(text.append(": "));
        LODGER_TRY(text.append(what.substr(0, 160)));
    }
    trace(store.hypervisor(), Topic::xenbus, path, ": ", text.view());
    return store.write({directory.view(), "error"}, text.view(), deadline);
}

/// Takes the report of an error back: the device works again.
template <Hypervisor H>
Result<> retract_error(store::Client<H>& store, std::string_view path, Deadline deadline)
{
    return store.operations().rm(LODGER_TRY(error_path(path)).view(), deadline);
}

} // namespace lodger::xenbus
