#include "program.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cfenv>
#include <clocale>
#include <cmath>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <cwchar>

PROGRAM(numbers_of_text)
{
    for (char const* text :
         {"1", "-2.5", "1e3", "0x1.8p3", ".5", "5.", "inf", "nan", "1e400", "-1e400", "1e-400",
          "  7z", "none", "2.2250738585072014e-308", "179769313486231570000e289", "0.1e1.5"}) {
        char* end = nullptr;
        errno = 0;
        double const number = std::strtod(text, &end);
        std::printf(
            "strtod %s: %.17g, %td read, range %d\n", text, number, end - text, errno == ERANGE);
    }
    for (char const* text : {"10", "-0x1f", "077", "99999999999999999999", "zz", " +5 "}) {
        char* end = nullptr;
        errno = 0;
        long const number = std::strtol(text, &end, 0);
        std::printf(
            "strtol %s: %ld, %td read, range %d\n", text, number, end - text, errno == ERANGE);
    }
    std::printf(
        "%ld %lu %d %g\n", std::strtol("zz", nullptr, 36), std::strtoul("-1", nullptr, 10),
        std::atoi("12x"), static_cast<double>(std::strtof("0.1", nullptr)));
}

namespace {

int by_value(void const* one, void const* other)
{
    int const a = *static_cast<int const*>(one), b = *static_cast<int const*>(other);
    return a < b ? -1 : a > b;
}

std::jmp_buf back;

[[noreturn]] void jump(int depth)
{
    if (depth > 0)
        jump(depth - 1);
    std::longjmp(back, 7);
}

} // namespace

PROGRAM(sorting_and_jumping)
{
    int numbers[50];
    unsigned state = 1;
    for (int& number : numbers)
        number = static_cast<int>((state = state * 1103515245 + 12345) >> 20 & 255);
    std::qsort(numbers, std::size(numbers), sizeof *numbers, by_value);
    for (int const number : numbers)
        std::printf("%d ", number);
    int const wanted = numbers[17];
    auto const* const found = static_cast<int*>(
        std::bsearch(&wanted, numbers, std::size(numbers), sizeof *numbers, by_value));
    std::printf("\nfound %d\n", *found == wanted);
    int volatile before = 1;
    if (int const value = setjmp(back))
        std::printf("back with %d, %d\n", value, before);
    else
        before = 2, jump(10);
    auto const division = std::div(-7, 2);
    std::printf("%d %d %ld\n", division.quot, division.rem, std::labs(-9L));
}

PROGRAM(texts)
{
    char text[64] = "one,two;;three";
    for (char* token = std::strtok(text, ",;"); token; token = std::strtok(nullptr, ",;"))
        std::printf("[%s]", token);
    char moved[16] = "0123456789";
    std::memmove(moved + 2, moved, 8);
    std::printf(
        " %s %zu %zu %s\n", moved, std::strspn("aabbc", "ab"), std::strcspn("xyz,", ","),
        std::strstr("haystack", "st"));
    std::printf(
        "%d %d %d\n", std::strcmp("a", "b") < 0, std::strncmp("abc", "abd", 2),
        std::memcmp("\xff", "\x01", 1) > 0);
    for (int c = 0; c < 128; c += 9)
        std::printf(
            "%d%d%d%d%d ", !!std::isalnum(c), !!std::ispunct(c), !!std::isprint(c),
            !!std::iscntrl(c), !!std::isxdigit(c));
    std::printf("\n%s %s\n", std::setlocale(LC_ALL, nullptr), std::setlocale(LC_ALL, "C"));
    std::printf("[%s] [%s]\n", std::localeconv()->decimal_point, std::localeconv()->thousands_sep);
    std::printf("%zu %d\n", std::wcslen(L"wide"), std::wcscmp(L"a", L"b") < 0);
}

PROGRAM(mathematics)
{
    for (double const x : {0.5, 2.0, -1.25, 1e10})
        std::printf(
            "%.12g %.12g %.12g %.12g %.12g\n", std::sin(x), std::exp(x / 1e9), std::cbrt(x),
            std::floor(x), std::fmod(x, 0.3));
    std::printf(
        "%.12g %.12g %.12g %.12g\n", std::sqrt(2.0), std::pow(2.0, 0.5), std::log(10.0),
        std::atan2(1.0, -1.0));
    std::printf(
        "%ld %lld %g %g %d\n", std::lround(2.5), std::llround(-2.5), std::nearbyint(2.5),
        std::trunc(-2.7), std::ilogb(1024.0));
    std::printf(
        "%d %d %d\n", std::isnan(std::sqrt(-1.0)), std::isinf(1e308 * 10), std::signbit(-0.0));
}
