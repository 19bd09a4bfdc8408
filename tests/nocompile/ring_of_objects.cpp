// What goes through a ring is bytes that another domain may change: never an object.
// error: template constraint failure

#include <lodger/ring/front.hpp>

#include <string>

struct Request {
#ifdef FIXED
    char name[8];
#else
    std::string name;
#endif
};

using Ring = lodger::ring::FrontRing<Request, int, lodger::SharedMemory>;
static_assert(sizeof(Ring) > 0);
