#pragma once

#include <lodger/core/result.hpp>
#include <lodger/xenbus/state.hpp>

#include <concepts>

namespace lodger::xenbus {

/// What is known of the thing behind a device, which the toolstack's hotplug script attaches
/// (docs/misc/xenstore-paths.pandoc, `hotplug-status`). It comes in either order with the
/// frontend's offer.
enum class Hotplug : std::uint8_t { pending, connected, failed };

/// What a kind of device adds to the backend's side of the handshake.
template <class D>
concept BackendDriver = requires(D& driver, State state, D::Link& link, Errc why) {
    /// Everything shared with the frontend: ring, port, mappings. Ending it gives up all of it.
    requires std::movable<typename D::Link>;
    { driver.publish(state) } -> std::same_as<Result<>>;
    /// Whether the frontend is to wait for what can be negotiated, or to take the defaults.
    { driver.negotiates() } -> std::same_as<bool>;
    /// What can be negotiated.
    { driver.publish_features() } -> std::same_as<Result<>>;
    /// Joins what the frontend offers.
    { driver.join() } -> std::same_as<Result<typename D::Link>>;
    /// Whether that is what the frontend still offers.
    { driver.is_offered(link) } -> std::same_as<bool>;
    /// What the device is.
    { driver.publish_details(link) } -> std::same_as<Result<>>;
    { driver.reconfigure(link) } -> std::same_as<Result<>>;
    /// Says why the device is about to close.
    { driver.report(why) } -> std::same_as<void>;
};

} // namespace lodger::xenbus
