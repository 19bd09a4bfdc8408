// LODGER_TRY needs a function that can return the error.
// error: cannot convert

#include <lodger/core/result.hpp>

lodger::Result<int> number();

#ifdef FIXED
lodger::Result<int> run()
#else
int run()
#endif
{
    return LODGER_TRY(number());
}
