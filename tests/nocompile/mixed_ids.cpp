// A port is no grant reference, although both are numbers.
// error: could not convert

#include <lodger/core/ids.hpp>

void revoke(lodger::GrantRef);

void run(lodger::Port port)
{
#ifdef FIXED
    revoke(lodger::GrantRef{port.value});
#else
    revoke(port);
#endif
}
