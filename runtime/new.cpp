/// `new` and `delete` over `malloc`. Out of memory ends the guest with a report, unless the
/// application has set a `std::new_handler`; one that throws `std::bad_alloc` gives applications
/// with exceptions what the standard describes. The forms not defined here are libstdc++'s, which
/// call these.

#include <lodger/runtime/panic.hpp>

#include <cstdlib>
#include <new>

void* operator new(std::size_t size)
{
    for (;;) {
        if (void* const memory = std::malloc(size ? size : 1))
            return memory;
        std::new_handler const handler = std::get_new_handler();
        if (!handler)
            lodger::runtime::panic("out of memory");
        handler();
    }
}

void* operator new(std::size_t size, std::nothrow_t const&) noexcept
{
    return std::malloc(size ? size : 1);
}

void* operator new[](std::size_t size)
{
    return operator new(size);
}

void* operator new[](std::size_t size, std::nothrow_t const&) noexcept
{
    return std::malloc(size ? size : 1);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory) noexcept
{
    std::free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept
{
    std::free(memory);
}
