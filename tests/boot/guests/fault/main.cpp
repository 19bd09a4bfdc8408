/// Does what memory protection must catch: `fault text|heap|null|stack`.
/// Each attempt is a function of its own, for the report to name.
/// Reaching the end means that nothing caught it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

/// The compiler must neither see through these addresses nor drop what is done with them.
template <typename T>
T* opaque(T* pointer)
{
    asm volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

int answer()
{
    return 42;
}

[[gnu::noinline]] void write_to_text()
{
    auto* const code = opaque(reinterpret_cast<unsigned char*>(&answer));
    *code = 0xc3;
}

[[gnu::noinline]] void execute_the_heap()
{
    auto* const code = opaque(static_cast<unsigned char*>(std::malloc(16)));
    *code = 0xc3; // ret
    reinterpret_cast<void (*)()>(code)();
    opaque(code); // so that the call is not the last thing done, and this function's frame stays
}

[[gnu::noinline]] void read_null()
{
    int const* const nothing = opaque(static_cast<int const*>(nullptr));
    std::printf("address 0 holds %d\n", *nothing);
}

constexpr bool always = true;

/// Uses stack without end: each call keeps a buffer that the next one may look into.
[[gnu::noinline]] int recurse(unsigned char* outer)
{
    unsigned char buffer[256];
    std::memset(buffer, *outer + 1, sizeof buffer);
    bool const* const endless = opaque(&always);
    return *endless ? recurse(opaque(&buffer[0])) + *opaque(&buffer[0]) : 0;
}

[[gnu::noinline]] void overflow_the_stack()
{
    unsigned char start = 0;
    std::printf("%d\n", recurse(&start));
}

} // namespace

int main(int argc, char** argv)
{
    std::string_view const what = argc > 1 ? argv[1] : "";
    std::printf("fault: about to try %s\n", argc > 1 ? argv[1] : "nothing");
    if (what == "text")
        write_to_text();
    else if (what == "heap")
        execute_the_heap();
    else if (what == "null")
        read_null();
    else if (what == "stack")
        overflow_the_stack();
    std::printf("fault: nothing caught it\nTest result: FAILURE\n");
    return 1;
}
