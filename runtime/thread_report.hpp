#pragma once

namespace lodger::runtime {

/// Prints each thread's name, what it does, and who called that; on the console, as output that
/// other output may go before and after.
void print_threads();

} // namespace lodger::runtime
