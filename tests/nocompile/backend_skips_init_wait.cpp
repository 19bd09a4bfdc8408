// A backend that says Connected before it offered anything.
// error: no matching function

#include <lodger/tests/nocompile/support/backend_driver.hpp>

lodger::Result<> run(Backend& backend)
{
    auto& phase = *backend.in<Backend::Initialising>();
#ifdef FIXED
    return backend.enter<Backend::InitWait>(phase);
#else
    return backend.enter<Backend::Connected>(phase, Driver::Link{});
#endif
}
