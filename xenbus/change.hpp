#pragma once

#include <cstdint>

namespace lodger::xenbus {

/// What happens to a device while it is open.
enum class Change : std::uint8_t {
    connected, ///< for the first time, or again after a loss
    lost,      ///< it has no backend at the moment
    resized,   ///< what is known of it is something else now
    ended,     ///< it will not be connected any more, or never was
};

/// Who is told of changes, on the device's own thread or on the loop: it must not wait.
struct ChangeListener {
    void (*call)(void* object, Change change) = nullptr;
    void* object = nullptr;

    void operator()(Change change) const
    {
        if (call)
            call(object, change);
    }
};

} // namespace lodger::xenbus
