// Nor one that holds a value.
// error: ignoring returned value of type

#include <lodger/core/text.hpp>

void run()
{
#ifdef FIXED
    static_cast<void>(lodger::parse<int>("1"));
#else
    lodger::parse<int>("1");
#endif
}
