#pragma once

#include <lodger/core/result.hpp>

#include <coroutine>
#include <new>
#include <optional>
#include <utility>

namespace lodger {

/// A coroutine of ours: it begins to run when it is called, gives way wherever it has to wait, and
/// returns a `Result`. Many can be under way in one thread. Another coroutine waits for it with
/// `co_await`; a thread looks at `is_done`, see `blkfront::run`.
///
/// It owns the coroutine's frame, the only memory taken, from `operator new`: a task that finds
/// none is done at once, with `no_memory`. When it ends earlier than the coroutine, the coroutine
/// ends where it is, and with it what it waits for.
template <class T = void>
class [[nodiscard]] Task {
public:
    class promise_type;

    Task(Task&& other) noexcept : frame_{std::exchange(other.frame_, {})} {}
    Task& operator=(Task&& other) noexcept
    {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~Task()
    {
        if (frame_)
            frame_.destroy();
    }

    bool is_done() const { return !frame_ || frame_.done(); }

    /// What came of it, once it is done.
    Result<T> const& outcome() const { return frame_ ? *frame_.promise().outcome_ : out_of_memory; }

    // What `co_await` of a task is made of.
    bool await_ready() const { return is_done(); }
    void await_suspend(std::coroutine_handle<> waiter) { frame_.promise().waiter_ = waiter; }
    Result<T> await_resume() const { return outcome(); }

private:
    static inline Result<T> const out_of_memory = Failure{Errc::no_memory};

    Task() = default;
    explicit Task(std::coroutine_handle<promise_type> frame) : frame_{frame} {}

    std::coroutine_handle<promise_type> frame_;
};

/// What the compiler asks of a coroutine's type (C++23, [dcl.fct.def.coroutine]).
template <class T>
class Task<T>::promise_type {
public:
    static void* operator new(std::size_t size) noexcept
    {
        return ::operator new(size, std::nothrow);
    }
    static void operator delete(void* frame) { ::operator delete(frame); }
    static Task get_return_object_on_allocation_failure() { return {}; }

    Task get_return_object()
    {
        return Task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept
    {
        struct GoOn : std::suspend_always {
            std::coroutine_handle<>
            await_suspend(std::coroutine_handle<promise_type> ended) const noexcept
            {
                std::coroutine_handle<> const waiter = ended.promise().waiter_;
                return waiter ? waiter : std::noop_coroutine();
            }
        };
        return GoOn{};
    }
    void return_value(Result<T> outcome) { outcome_ = std::move(outcome); }
    /// Lets nothing out: an exception that nobody caught ends the guest.
    void unhandled_exception() noexcept { std::terminate(); }

private:
    friend Task;

    std::optional<Result<T>> outcome_;
    std::coroutine_handle<> waiter_;
};

} // namespace lodger
