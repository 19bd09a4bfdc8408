// Uses as much of the guest's C and C++ libraries as fits on a page, and checks the results.
#include <chrono>
#include <cmath>
#include <coroutine>
#include <cstdio>
#include <cstring>
#include <expected>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#if defined __GLIBC__ || !defined __NEWLIB__
#error "the C library's headers are not the guest's"
#endif
#if defined __linux__ || defined __unix__
#error "the compiler says that this is Linux"
#endif

namespace {

int failures = 0;

void check(bool condition, char const* what)
{
    std::printf("%s %s\n", condition ? "ok  " : "FAIL", what);
    failures += !condition;
}

bool prints_doubles()
{
    char text[64];
    std::snprintf(text, sizeof text, "%.3f %a %zu %lld", 3.14159, 1.0, sizeof text, -1LL);
    return std::strcmp(text, "3.142 0x1p+0 64 -1") == 0;
}

bool has_containers()
{
    std::vector<std::string> names{"xvdb", "xvda", "a name too long for the small string"};
    std::map<std::string, std::size_t> lengths;
    for (auto const& name : names)
        lengths[name] = name.size();
    return lengths.size() == 3 && lengths["xvda"] == 4;
}

std::expected<std::string, int> parse(bool good)
{
    if (!good)
        return std::unexpected(22);
    return "value";
}

bool has_sum_types()
{
    std::variant<int, std::string> either = "text";
    return parse(true) == "value" && parse(false).error() == 22 &&
           std::holds_alternative<std::string>(either);
}

struct Sentinel {
    int& destroyed;
    ~Sentinel() { ++destroyed; }
};

[[gnu::noinline]] void throw_through(int& destroyed)
{
    Sentinel sentinel{destroyed};
    std::vector<int>{1, 2, 3}.at(3);
}

bool catches_exceptions()
{
    int destroyed = 0;
    try {
        throw_through(destroyed);
    } catch (std::exception const& error) {
        return destroyed == 1 && dynamic_cast<std::out_of_range const*>(&error) != nullptr;
    }
    return false;
}

struct Task {
    struct promise_type {
        Task get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_value(int result) { value = result; }
        void unhandled_exception() { throw; }
        int value = 0;
    };
    std::coroutine_handle<promise_type> handle;
};

Task answer()
{
    co_return 42;
}

bool runs_coroutines()
{
    auto task = answer();
    task.handle.resume();
    bool right = task.handle.promise().value == 42;
    task.handle.destroy();
    return right;
}

bool has_streams()
{
    std::ostringstream out;
    out << std::hex << 255 << ' ' << 2.5;
    return out.str() == "ff 2.5";
}

bool has_regular_expressions()
{
    return std::regex_match("vbd-51712", std::regex("vbd-[0-9]+"));
}

bool has_mathematics()
{
    return std::lround(2.5) == 3 && std::cbrt(27.0L) == 3.0L && std::stold("0.5") == 0.5L &&
           std::fma(2.0f, 3.0f, 1.0f) == 7.0f;
}

// check_host.cpp's clocks are 1000 s, plus the clock's number, and 5 ns.
bool has_clocks()
{
    auto difference = std::chrono::steady_clock::now().time_since_epoch() -
                      std::chrono::system_clock::now().time_since_epoch();
    return difference == std::chrono::seconds(CLOCK_MONOTONIC - CLOCK_REALTIME);
}

thread_local int thread_value = 7;

} // namespace

int main()
{
    check(prints_doubles(), "printf of doubles and long long");
    check(has_containers(), "vector, string, map");
    check(has_sum_types(), "expected, variant");
    check(catches_exceptions(), "exceptions, unwinding, dynamic_cast");
    check(runs_coroutines(), "coroutines");
    check(has_streams(), "string streams");
    check(has_regular_expressions(), "regex");
    check(has_mathematics(), "C99 mathematics, long double");
    check(has_clocks(), "steady and system clock");
    check(thread_value == 7, "thread_local");
    std::cout << "ok   cout" << std::endl;
    return failures;
}
