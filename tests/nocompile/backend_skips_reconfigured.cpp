// A backend that says Connected out of Reconfiguring.
// error: no matching function

#include <lodger/tests/nocompile/support/backend_driver.hpp>

lodger::Result<> run(Backend& backend)
{
    auto& phase = *backend.in<Backend::Reconfiguring>();
#ifdef FIXED
    return backend.enter<Backend::Reconfigured>(phase, std::move(phase.link));
#else
    return backend.enter<Backend::Connected>(phase, std::move(phase.link));
#endif
}
