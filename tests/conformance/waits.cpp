#include "program.hpp"

#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

// What waits for an atomic's value, or is made of that. A thread that has nothing to wait for
// yields, so that the others are seen at every point.

PROGRAM(atomic_waits)
{
    std::atomic<int> turn = 0;
    std::vector<int> order;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                for (int round = 0; round < 3; ++round) {
                    int const mine = round * 4 + i;
                    for (int now = turn; now != mine; now = turn)
                        turn.wait(now);
                    order.push_back(mine);
                    ++turn;
                    turn.notify_all();
                }
            });
    }
    for (int const i : order)
        std::printf("%d ", i);
    std::printf("in turn\n");

    std::atomic_flag flag;
    std::atomic<bool> answer = false;
    std::atomic<long long> wide = -1;
    struct Pair {
        short a, b;
    };
    std::atomic<Pair> pair = Pair{1, 2};
    std::jthread const other{[&] {
        flag.wait(false);
        answer = true;
        answer.notify_one();
        wide.wait(-1);
        pair.wait(Pair{1, 2});
        std::printf("wide %lld, pair %d\n", wide.load(), pair.load().b);
        flag.clear();
        flag.notify_one();
    }};
    flag.test_and_set();
    flag.notify_one();
    answer.wait(false);
    wide = 1LL << 40;
    wide.notify_all();
    std::this_thread::yield();
    pair = Pair{1, 3};
    pair.notify_all();
    flag.wait(true);
    std::printf("answer %d\n", answer.load());
}

PROGRAM(semaphores)
{
    std::counting_semaphore<8> places{3};
    std::binary_semaphore done{0};
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    int served = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 10; ++i)
            threads.emplace_back([&] {
                places.acquire();
                int const now = ++inside;
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                }
                std::this_thread::sleep_for(1ms);
                --inside;
                places.release();
            });
    }
    std::printf("at most three inside %d, none %d\n", most <= 3, inside.load());
    std::printf("places %d", places.try_acquire());
    std::printf("%d", places.try_acquire());
    std::printf("%d", places.try_acquire());
    std::printf("%d\n", places.try_acquire_for(10ms));
    {
        std::jthread const server{[&] {
            for (int i = 0; i < 100; ++i) {
                places.acquire();
                ++served;
                done.release();
            }
        }};
        for (int i = 0; i < 100; ++i) {
            places.release();
            done.acquire();
        }
    }
    std::printf("served %d\n", served);
    std::jthread const late{[&] {
        std::this_thread::sleep_for(2ms);
        places.release(2);
    }};
    std::printf("in time %d", places.try_acquire_for(10s));
    std::printf("%d", places.try_acquire_until(std::chrono::system_clock::now() + 10s));
    std::printf("%d\n", places.try_acquire_until(std::chrono::steady_clock::now() + 5ms));
}

PROGRAM(waits_with_a_stop_token)
{
    std::mutex mutex;
    std::condition_variable_any changed;
    std::counting_semaphore<> taken{0};
    int steps = 0;
    bool was_asked = false;
    std::jthread worker{[&](std::stop_token stop) {
        std::unique_lock lock{mutex};
        for (int next = 1; changed.wait(lock, stop, [&] { return steps >= next; }); ++next) {
            std::printf("step %d\n", next);
            taken.release();
        }
        was_asked = stop.stop_requested();
    }};
    for (int i = 0; i < 3; ++i) {
        {
            std::lock_guard const guard{mutex};
            ++steps;
        }
        changed.notify_one();
        taken.acquire();
    }
    worker.request_stop();
    worker.join();
    std::printf("asked to stop %d\n", was_asked);
}

PROGRAM(latches_and_barriers)
{
    constexpr int rounds = 5;
    std::latch ready{4};
    std::latch go{1};
    int phase = 0;
    std::atomic<int> arrived = 0;
    std::atomic<bool> agreed = true;
    std::barrier together{
        4, [&]() noexcept { std::printf("phase %d with %d\n", ++phase, arrived.load()); }};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                ready.count_down();
                go.wait();
                for (int round = 0; round < rounds; ++round) {
                    ++arrived;
                    if (i == round % 4)
                        std::this_thread::sleep_for(1ms);
                    together.arrive_and_wait(); // all have arrived
                    if (arrived != 4 * (round + 1))
                        agreed = false;
                    together.arrive_and_wait(); // all have looked
                }
            });
        ready.wait();
        std::printf("ready %d, gone %d\n", ready.try_wait(), go.try_wait());
        go.count_down();
    }
    std::printf("agreed %d\n", agreed.load());
    std::barrier fewer{2};
    std::jthread const leaver{[&] { fewer.arrive_and_drop(); }};
    fewer.arrive_and_wait();
    fewer.arrive_and_wait();
    std::printf("alone at the barrier\n");
}
