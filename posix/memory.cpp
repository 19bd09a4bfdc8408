/// The heap's growth: what newlib's malloc is made of.

#include <lodger/runtime/guest.hpp>

#include <cerrno>
#include <cstddef>

extern "C" void* sbrk(std::ptrdiff_t bytes)
{
    auto const before = lodger::runtime::guest().pages().move_heap_end(bytes);
    if (!before) {
        errno = ENOMEM;
        return reinterpret_cast<void*>(-1);
    }
    return *before;
}
