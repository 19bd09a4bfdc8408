// Ids of different kinds do not compare.
// error: no match for

#include <lodger/core/ids.hpp>

bool same(lodger::Pfn pfn, lodger::Mfn mfn)
{
#ifdef FIXED
    return pfn.value == mfn.value;
#else
    return pfn == mfn;
#endif
}
