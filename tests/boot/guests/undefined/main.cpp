/// Does something that the language leaves undefined; this file is compiled with
/// -fsanitize=undefined (tests/boot.mk). Reaching the end means that nothing noticed.
#include <cerrno>
#include <climits>
#include <cstdio>
#include <string_view>

namespace {

/// The compiler must not see through this number.
int opaque(int number)
{
    asm volatile("" : "+r"(number));
    return number;
}

[[gnu::noinline]] int add_one(int number)
{
    return number + 1;
}

[[gnu::noinline]] int element(int index)
{
    static int const numbers[4] = {1, 2, 3, 4};
    return numbers[index];
}

[[gnu::noinline]] int shifted(int places)
{
    return 1 << places;
}

[[gnu::noinline]] int pointed_to(int const* number)
{
    return *number;
}

int do_it(std::string_view what)
{
    if (what == "overflow")
        return add_one(opaque(INT_MAX));
    if (what == "index")
        return element(opaque(7));
    if (what == "shift")
        return shifted(opaque(40));
    if (what == "null")
        return pointed_to(opaque(0) ? &errno : nullptr);
    return add_one(opaque(41)); // nothing wrong with it
}

} // namespace

int main(int argc, char** argv)
{
    int const result = do_it(argc > 1 ? argv[1] : "");
    std::printf("result %d\nTest result: SUCCESS\n", result);
}
