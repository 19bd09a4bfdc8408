#pragma once

#include <cstddef>

struct _reent;

/// newlib keeps `errno`, the standard streams and the scratch memory of its number formatting in
/// a `struct _reent`, found through `_impure_ptr`. Each thread has one, because a thread may wait
/// in the middle of a `printf`.

namespace lodger::runtime {

std::size_t c_library_state_size();

/// The state that the C library itself provides, and that `exit` flushes.
_reent* first_c_library_state();

/// A state for one more thread; it shares the standard streams with the first.
void start_c_library_state(_reent& state);
void end_c_library_state(_reent& state);

} // namespace lodger::runtime
