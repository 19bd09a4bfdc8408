// A backend that says Closed out of Connected.
// error: no matching function

#include <lodger/tests/nocompile/support/backend_driver.hpp>

lodger::Result<> run(Backend& backend)
{
    auto& phase = *backend.in<Backend::Connected>();
#ifdef FIXED
    return backend.enter<Backend::Closing>(phase, std::move(phase.link));
#else
    return backend.enter<Backend::Closed>(phase);
#endif
}
