#include <lodger/runtime/c_library_state.hpp>

#include <cstring>
#include <new>
#include <reent.h>

/// Sets up the standard streams; only there if the application uses any stream.
extern "C" [[gnu::weak]] void __sinit(_reent* state);

namespace lodger::runtime {

std::size_t c_library_state_size()
{
    return sizeof(_reent);
}

_reent* first_c_library_state()
{
    return _GLOBAL_REENT;
}

void start_c_library_state(_reent& state)
{
    new (&state) _reent;
    _REENT_INIT_PTR(&state);
    if (!__sinit)
        return;
    _reent& first = *_GLOBAL_REENT;
    __sinit(&first);
    state._stdin = first._stdin;
    state._stdout = first._stdout;
    state._stderr = first._stderr;
    state.__sdidinit = 1;
    state.__cleanup = first.__cleanup;
}

void end_c_library_state(_reent& state)
{
    // Its streams are the first thread's: they stay open.
    state.__sdidinit = 0;
    if (&state != _impure_ptr)
        _reclaim_reent(&state);
}

} // namespace lodger::runtime
