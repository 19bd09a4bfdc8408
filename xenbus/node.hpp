#pragma once

#include <lodger/store/client.hpp>
#include <lodger/xenbus/state.hpp>

#include <concepts>

namespace lodger::xenbus {

/// The longest path of a device that this library handles; the toolstack's are about 40 long.
inline constexpr std::size_t longest_path = 240;
using NodePath = Text<longest_path>;

/// Where a device lives in XenStore: our own directory, and the other end's.
struct Node {
    NodePath path;                ///< ours, such as `device/vbd/51712`
    State state = State::unknown; ///< ours, when it was read
    NodePath other_end;           ///< the backend's, such as `/local/domain/0/backend/vbd/3/51712`
    Domain other_domain{};
};

/// Reads who is at the other end of a device.
/// @param path the device's own directory
/// @return `no_device` if there is no such device, `protocol` if its keys make no sense
template <Hypervisor H>
Result<Node> read_node(store::Client<H>& store, std::string_view path, Deadline deadline)
{
    Node node;
    node.path = LODGER_TRY(NodePath::of(path));
    std::array<char, longest_path> backend_buffer;
    std::array<char, 16> id_buffer;
    std::array<char, 16> state_buffer;
    store::Operations<H> operations = store.operations();
    store::Batch<H> batch{store.connection()};
    LODGER_TRY(operations.begin_read(batch, {path, "backend"}, backend_buffer, deadline));
    LODGER_TRY(operations.begin_read(batch, {path, "backend-id"}, id_buffer, deadline));
    LODGER_TRY(operations.begin_read(batch, {path, "state"}, state_buffer, deadline));
    auto const backend = batch.finish(deadline);
    if (!backend && backend.error() == Errc::not_found)
        return Failure{Errc::no_device};
    node.other_end = LODGER_TRY(NodePath::of(LODGER_TRY(backend)));
    if (!node.other_end.view().starts_with('/'))
        return Failure{Errc::protocol};
    node.other_domain = LODGER_TRY(store::Codec<Domain>::parse(LODGER_TRY(batch.finish(deadline))));
    node.state = state_of(LODGER_TRY(batch.finish(deadline)));
    return node;
}

/// Writes our own state, in a transaction that finds out whether the device still has a `state`
/// key: a node that the toolstack has removed must not come back.
/// @param may_follow says of the state that stands there whether ours may follow; if not, it is
/// another device's
/// @return `no_device` if it was removed, or is another one
template <Hypervisor H, std::predicate<State> MayFollow>
Result<> write_state(
    store::Client<H>& store, std::string_view path, State state, Deadline deadline,
    MayFollow may_follow)
{
    return store.transaction(
        [&](store::Operations<H>& transaction) -> Result<> {
            std::array<char, 16> buffer;
            store::Path const key{path, "state"};
            store::Batch<H> batch{store.connection()};
            LODGER_TRY(transaction.begin_read(batch, key, buffer, deadline));
            LODGER_TRY(transaction.begin_write(batch, key, text_of(state), deadline));
            auto const present = batch.finish(deadline);
            if (!present)
                return Failure{
                    present.error() == Errc::not_found ? Errc::no_device : present.error()};
            if (!may_follow(state_of(*present)))
                return Failure{Errc::no_device};
            return batch.finish_all(deadline);
        },
        deadline);
}

} // namespace lodger::xenbus
