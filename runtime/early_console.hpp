#pragma once

#include <lodger/core/ids.hpp>

#include <cstddef>
#include <string_view>

struct xencons_interface;

namespace lodger::runtime {

/// Console output that needs nothing but the shared page: no heap, no loop, no listener. Used
/// before the console proper stands, and for the last words of a guest that crashes. It waits for
/// room while somebody reads, and never for longer than a second without progress.
class EarlyConsole {
public:
    void open(std::byte* page, Port port);

    /// Writes text; a line's end becomes what terminals expect.
    void write(std::string_view text);

    /// Waits until everything has been read, or nobody reads.
    void drain();

private:
    void put(char c);
    bool wait_for_room();
    void notify();

    xencons_interface* ring_ = nullptr;
    Port port_{};
    bool nobody_reads_ = false;
};

extern constinit EarlyConsole early_console;

} // namespace lodger::runtime
