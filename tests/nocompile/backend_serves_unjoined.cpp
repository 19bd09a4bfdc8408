// A ring asked of a backend that is Closed: there is none in that phase.
// error: has no member named ‘link’

#include <lodger/tests/nocompile/support/backend_driver.hpp>

Driver::Link& run(Backend& backend)
{
#ifdef FIXED
    return backend.in<Backend::Connected>()->link;
#else
    return backend.in<Backend::Closed>()->link;
#endif
}
