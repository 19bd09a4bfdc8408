// What has one owner cannot be copied.
// error: use of deleted function

#include <lodger/core/owned.hpp>

using Thing = lodger::Owned<int, int, [](int&, int) {}>;

void run(Thing& thing)
{
#ifdef FIXED
    Thing other{std::move(thing)};
#else
    Thing other{thing};
#endif
}
