/// `pthread_once`. Compiled with exceptions, unlike the rest of the library: `std::call_once`
/// begins anew after one has come out of the function.

#include <lodger/runtime/guest.hpp>

#include <cerrno>
#include <pthread.h>

using lodger::Deadline;
using lodger::runtime::guest;

namespace {

enum State : pthread_once_t { untouched = PTHREAD_ONCE_INIT, running, done };

constinit lodger::WaitQueue waiters;

class Attempt {
public:
    explicit Attempt(pthread_once_t& once) : once_{once} { once_ = running; }
    Attempt(Attempt const&) = delete;
    Attempt& operator=(Attempt const&) = delete;
    ~Attempt()
    {
        once_ = outcome_;
        guest().wake(waiters);
    }

    void succeed() { outcome_ = done; }

private:
    pthread_once_t& once_;
    State outcome_ = untouched;
};

} // namespace

extern "C" int pthread_once(pthread_once_t* once, void (*function)())
{
    while (*once == running)
        if (!guest().wait(waiters, Deadline::never()))
            return EDEADLK; // in an event handler
    if (*once == done)
        return 0;
    Attempt attempt{*once};
    function();
    attempt.succeed();
    return 0;
}
