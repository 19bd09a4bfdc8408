#include "program.hpp"

#include <cfloat>
#include <cinttypes>
#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstring>

namespace {

int format(char* to, std::size_t size, char const* text, ...)
{
    std::va_list values;
    va_start(values, text);
    int const length = std::vsnprintf(to, size, text, values);
    va_end(values);
    return length;
}

} // namespace

PROGRAM(printf_family)
{
    std::printf("%d|%5d|%-5d|%05d|%+d|% d|%.3d\n", 42, 42, 42, 42, 42, 42, 7);
    std::printf("%i %u %o %x %X %#x %#o %c %%\n", INT_MIN, UINT_MAX, 8u, 255u, 255u, 255u, 8u, 'c');
    std::printf(
        "%hhd %hd %ld %lld %zu %jd %td\n", static_cast<signed char>(-1), static_cast<short>(-2),
        LONG_MIN, LLONG_MAX, sizeof(int), std::intmax_t{5}, std::ptrdiff_t{-6});
    std::printf(
        "%" PRIu64 " %" PRIx32 " %" PRId8 "\n", std::uint64_t{1} << 63, 0xdeadbeefu,
        std::int8_t{-8});
    std::printf(
        "[%s] [%10s] [%-10s] [%.2s] [%*s] [%.*s]\n", "text", "text", "text", "text", 6, "w", 3,
        "precision");
    std::printf(
        "%f %.0f %.1f %10.3f %-10.2f| %+.2e %E %g %G\n", 3.14159265, 2.5, 0.25, 2.71828, 1.5,
        12345.678, 0.00012, 1e-5, 1e20);
    std::printf("%g %g %g %.17g %.3g %#g\n", 100000.0, 1000000.0, 0.0001, 0.1, 1234.5, 1.0);
    std::printf("%f %F %e %g %f\n", INFINITY, -INFINITY, std::nan(""), -0.0, DBL_MAX);
    std::printf("%.20f %.10e %a\n", 0.1, DBL_MIN, 1.0);
    int position = 0;
    std::printf("%s%n\n", "thirteen long", &position);
    std::printf("%d\n", position);
    char text[8];
    std::printf("%d ", std::snprintf(text, sizeof text, "%s", "longer than that"));
    std::printf("[%s] %d ", text, format(text, sizeof text, "%c%c", 'a', 'b'));
    std::printf("[%s] %d\n", text, std::snprintf(nullptr, 0, "%d", 12345));
    std::fputs("fputs ", stdout);
    std::putchar('!');
    std::puts(" puts");
}

PROGRAM(scanf_family)
{
    int a = 0, b = 0, c = 0, used = 0;
    unsigned hex = 0, octal = 0;
    double d = 0;
    float f = 0;
    char word[16] = "", set[16] = "", three[4] = "";
    std::printf("%d: ", std::sscanf("12 -7 0x1F", "%d %d %i", &a, &b, &c));
    std::printf("%d %d %d\n", a, b, c);
    std::printf("%d: ", std::sscanf("ff 17", "%x %o", &hex, &octal));
    std::printf("%u %u\n", hex, octal);
    std::printf("%d: ", std::sscanf("2.5e-3 -1.25", "%lf %f", &d, &f));
    std::printf("%g %g\n", d, static_cast<double>(f));
    std::printf(
        "%d: ",
        std::sscanf("word abc123,xyz", "%15s %[a-z]%*[0-9],%3c%n", word, set, three, &used));
    std::printf("%s %s %s %d\n", word, set, three, used);
    std::printf("%d ", std::sscanf("x", "%d", &a));
    std::printf("%d ", std::sscanf("", "%d", &a));
    std::printf("%d %d\n", std::sscanf("5 x", "%d %d", &a, &b), a);
    long long large = 0;
    std::printf("%d: ", std::sscanf("123456789012 99", "%5d%lld", &a, &large));
    std::printf("%d %lld\n", a, large);
}
