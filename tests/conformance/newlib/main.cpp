/// Runs newlib's own test programs, one after the other: each is a function here, and its `exit`
/// comes back. The last one tests what `exit` does, and ends the guest.

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#define NEWLIB_TESTS(test)                                                                         \
    test(size_max) test(nulprintf) test(swprintf) test(memcpy) test(memmove) test(strcmp)          \
        test(tstring) test(hsearch) test(tiswctype) test(twctype)

#define DECLARE(name) int newlib_##name(int, char**);
extern "C" {
NEWLIB_TESTS(DECLARE)
int newlib_atexit(int, char**);
[[noreturn]] void newlib_test_exit(int status);
}

namespace {

std::jmp_buf back;

struct Test {
    char const* name;
    int (*main)(int, char**);
};

#define ENTRY(name) {#name, newlib_##name},
constexpr Test tests[] = {NEWLIB_TESTS(ENTRY)};

int run(Test const& test)
{
    char name[] = "test";
    char* arguments[] = {name, nullptr};
    // 0 is what the first return of setjmp gives: an exit status comes back one higher.
    if (int const status = setjmp(back))
        return status - 1;
    return test.main(1, arguments);
}

} // namespace

void newlib_test_exit(int status)
{
    std::longjmp(back, status + 1);
}

int main()
{
    int failures = 0;
    for (Test const& test : tests) {
        int const status = run(test);
        std::printf("\n%s %s\n", status == 0 ? "ok    " : "FAILED", test.name);
        failures += status != 0;
    }
    if (failures > 0)
        return 1;
    newlib_atexit(0, nullptr);
}
