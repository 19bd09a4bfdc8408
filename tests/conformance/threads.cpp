#include "program.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <numeric>
#include <queue>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

PROGRAM(threads)
{
    std::mutex mutex;
    long sum = 0;
    std::vector<std::thread> threads;
    for (int i = 1; i <= 8; ++i)
        threads.emplace_back([&, i] {
            for (int round = 0; round < 100; ++round) {
                std::scoped_lock const lock{mutex};
                long const before = sum;
                std::this_thread::yield();
                sum = before + i;
            }
        });
    for (auto& thread : threads)
        thread.join();
    std::printf("sum %ld\n", sum);
    std::thread self{[main = std::this_thread::get_id()] {
        std::printf("another id: %d\n", std::this_thread::get_id() != main);
    }};
    std::printf("joinable %d\n", self.joinable());
    self.join();
    std::printf("joinable %d\n", self.joinable());
    try {
        std::thread{}.join();
    } catch (std::system_error const& error) {
        std::printf("not joinable: %d\n", error.code() == std::errc::invalid_argument);
    }
}

PROGRAM(mutexes)
{
    std::timed_mutex timed;
    std::recursive_mutex recursive;
    std::shared_mutex shared;
    {
        std::scoped_lock const both{timed, recursive};
        std::thread{[&] {
            std::printf("try_lock %d, for 10 ms %d\n", timed.try_lock(), timed.try_lock_for(10ms));
            std::printf("recursive %d\n", recursive.try_lock());
        }}.join();
        std::printf("again %d\n", recursive.try_lock());
        recursive.unlock();
    }
    std::thread{[&] {
        std::printf("free %d %d\n", timed.try_lock_for(10ms), recursive.try_lock());
        timed.unlock();
        recursive.unlock();
    }}.join();
    std::shared_lock const reading{shared};
    std::thread{[&] {
        std::printf("shared %d, alone %d\n", shared.try_lock_shared(), shared.try_lock());
        shared.unlock_shared();
    }}.join();
}

PROGRAM(condition_variables)
{
    std::mutex mutex;
    std::condition_variable changed;
    std::queue<int> queue;
    bool ended = false;
    std::vector<int> taken;
    std::thread consumer{[&] {
        std::unique_lock lock{mutex};
        for (;;) {
            changed.wait(lock, [&] { return ended || !queue.empty(); });
            if (queue.empty())
                return;
            taken.push_back(queue.front());
            queue.pop();
        }
    }};
    for (int i = 0; i < 20; ++i) {
        {
            std::scoped_lock const lock{mutex};
            queue.push(i);
        }
        changed.notify_one();
        if (i % 3 == 0)
            std::this_thread::yield();
    }
    {
        std::scoped_lock const lock{mutex};
        ended = true;
    }
    changed.notify_all();
    consumer.join();
    std::printf(
        "%zu taken, sum %d\n", taken.size(), std::accumulate(taken.begin(), taken.end(), 0));

    std::unique_lock lock{mutex};
    auto const before = std::chrono::steady_clock::now();
    bool const woken = changed.wait_for(lock, 30ms, [] { return false; });
    auto const waited = std::chrono::steady_clock::now() - before;
    std::printf("woken %d, waited long enough %d\n", woken, waited >= 30ms);
    auto const until = std::chrono::system_clock::now() + 20ms;
    bool const late = changed.wait_until(lock, until) == std::cv_status::timeout;
    std::printf("timeout %d, time has come %d\n", late, std::chrono::system_clock::now() >= until);
}

namespace {

std::atomic<int> living = 0;

struct Counted {
    Counted() { ++living; }
    ~Counted() { --living; }
    int value = 5;
};

thread_local Counted counted;

} // namespace

PROGRAM(thread_locals)
{
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::condition_variable changed;
    int ready = 0;
    bool go = false;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            counted.value += i;
            std::unique_lock lock{mutex};
            ++ready;
            changed.notify_all();
            changed.wait(lock, [&] { return go; });
            if (counted.value != 5 + i)
                std::printf("the value of another thread\n");
        });
    {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return ready == 4; });
        std::printf("%d living\n", living.load());
        go = true;
    }
    changed.notify_all();
    for (auto& thread : threads)
        thread.join();
    std::printf("%d living\n", living.load());
}

PROGRAM(once_and_futures)
{
    std::once_flag flag;
    int calls = 0;
    for (int i = 0; i < 3; ++i) {
        try {
            std::call_once(flag, [&] {
                if (++calls == 1)
                    throw std::runtime_error("the first call");
            });
        } catch (std::runtime_error const& error) {
            std::printf("%s fails\n", error.what());
        }
    }
    std::printf("%d calls\n", calls);

    auto asked = std::async(std::launch::async, [] {
        std::this_thread::sleep_for(5ms);
        return 6 * 7;
    });
    auto lazy = std::async(std::launch::deferred, [] { return std::string{"deferred"}; });
    auto failing = std::async(std::launch::async, []() -> int { throw std::logic_error("no"); });
    std::printf("%d %s\n", asked.get(), lazy.get().c_str());
    try {
        failing.get();
    } catch (std::logic_error const& error) {
        std::printf("future fails: %s\n", error.what());
    }
    std::promise<int> promise;
    auto future = promise.get_future();
    std::printf("ready %d\n", future.wait_for(1ms) == std::future_status::ready);
    std::thread{[&] { promise.set_value_at_thread_exit(9); }}.join();
    std::printf("value %d\n", future.get());
    try {
        std::future<int> abandoned = std::promise<int>{}.get_future();
        abandoned.get();
    } catch (std::future_error const& error) {
        std::printf("broken %d\n", error.code() == std::future_errc::broken_promise);
    }
    std::packaged_task<int(int)> task{[](int n) { return n + 1; }};
    auto result = task.get_future();
    std::jthread{std::move(task), 4}.join();
    std::printf("task %d\n", result.get());
}

PROGRAM(stopping)
{
    int rounds = 0;
    {
        std::jthread const worker{[&](std::stop_token token) {
            for (; !token.stop_requested(); ++rounds)
                std::this_thread::sleep_for(1ms);
        }};
        std::this_thread::sleep_for(20ms);
    }
    std::printf("at least a round %d\n", rounds > 0);
    std::stop_source source;
    std::printf("possible %d, first %d, ", source.stop_possible(), source.request_stop());
    std::printf("again %d\n", source.request_stop());
}
