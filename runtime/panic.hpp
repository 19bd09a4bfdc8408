#pragma once

#include <string_view>

namespace lodger::runtime {

/// Reports the reason and where it was, on the console, and has Xen take the guest for crashed
/// (`SHUTDOWN_crash`, so that `on_crash=` in the guest's configuration applies). For our own
/// mistakes, and for what leaves no way on; what a peer can cause is a `Result`.
[[noreturn]] void panic(std::string_view reason);

} // namespace lodger::runtime
