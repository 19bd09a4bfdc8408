#include "program.hpp"

#include <chrono>
#include <ctime>
#include <thread>

using namespace std::chrono;
using namespace std::chrono_literals;

PROGRAM(clocks)
{
    auto const steady = steady_clock::now();
    auto const system = system_clock::now();
    std::this_thread::sleep_for(20ms);
    std::printf("steady clock goes on %d\n", steady_clock::now() - steady >= 20ms);
    std::printf("system clock goes on %d\n", system_clock::now() - system >= 19ms);
    std::this_thread::sleep_until(steady + 40ms);
    std::printf("slept until %d\n", steady_clock::now() >= steady + 40ms);
    std::printf("after 2025 %d\n", system_clock::to_time_t(system) > 1'735'689'600);

    timespec before{}, after{};
    std::printf("clock_gettime %d\n", clock_gettime(CLOCK_MONOTONIC, &before));
    timespec const pause{0, 5'000'000};
    std::printf("nanosleep %d\n", nanosleep(&pause, nullptr));
    clock_gettime(CLOCK_MONOTONIC, &after);
    long const passed =
        (after.tv_sec - before.tv_sec) * 1'000'000'000 + after.tv_nsec - before.tv_nsec;
    std::printf("monotonic %d\n", passed >= 5'000'000);
    timespec const wrong{0, 1'000'000'000};
    std::printf("wrong nanosleep %d\n", nanosleep(&wrong, nullptr));
}

PROGRAM(calendar)
{
    auto const day = 2024y / February / 29;
    std::printf("%d %d\n", day.ok(), (2023y / February / 29).ok());
    sys_days const later = sys_days{day} + days{366};
    year_month_day const next{later};
    std::printf(
        "%d-%02u-%02u, day %u of the week\n", static_cast<int>(next.year()),
        static_cast<unsigned>(next.month()), static_cast<unsigned>(next.day()),
        weekday{later}.iso_encoding());
    std::printf("%lld s\n", static_cast<long long>(duration_cast<seconds>(90min + 1500ms).count()));
    std::time_t const time = 1'700'000'000;
    std::tm utc{};
    gmtime_r(&time, &utc);
    char text[64];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %a %b %%", &utc);
    std::printf("%s, %lld\n", text, static_cast<long long>(std::mktime(&utc)));
}
