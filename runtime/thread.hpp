#pragma once

#include <lodger/core/hypervisor.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

struct _reent;

namespace lodger::runtime {

/// What runs when a thread ends: destructors of its `thread_local` objects, newest first.
struct ThreadExit {
    void (*call)(void*);
    void* object;
    void (*release)(ThreadExit*); ///< gives back this structure itself
    ThreadExit* next;
};

/// A cooperative thread with a stack of its own: it runs until it waits. It lives, together with
/// its thread-local variables and the C library's state, at the top of its stack's pages; the
/// lowest of them is left unmapped, to catch a stack that overflows. Started by `Thread::start`;
/// owned by a `ThreadHandle`, or by itself once detached.
class Thread : public Waiter {
public:
    struct Options {
        char const* name = "thread"; ///< lives as long as the thread
        std::size_t stack_size = 64 << 10;
    };

    /// Starts `function(argument)`, which first runs when the running thread waits.
    /// @return `no_memory`, or the thread, to be joined or detached
    static Result<Thread*> start(Options options, void (*function)(void*), void* argument);

    static Thread& current();

    /// Waits until it has ended, and gives back what it held; use it no more.
    /// @param result where `value` goes
    Result<void> join(Deadline deadline = Deadline::never(), void** result = nullptr);
    /// Has it give back what it holds by itself when it ends; use it no more.
    void detach();

    char const* name() const { return name_; }
    bool has_ended() const { return ended_; }
    /// What it leaves to whoever joins it.
    void set_value(void* value) { value_ = value; }
    /// The stack's usable part.
    std::span<std::byte const> stack() const { return stack_; }

    Deadline deadline() const { return deadline_; }
    /// The frame pointer that it goes on with, if it does not run.
    void const* saved_frame() const;

    /// Calls `each(Thread const&)` for all threads there are, newest first; it must not wait.
    template <class Each>
    static void for_each(Each each)
    {
        for (Thread const* thread = newest_; thread; thread = thread->next_older_)
            each(*thread);
    }

    /// Has `exit` run when the current thread ends.
    static void at_exit(ThreadExit& exit);
    /// Has `exit` run behind all that have been given by then.
    static void after_exits(ThreadExit& exit);
    /// Runs what `at_exit` was given; for the first thread, which ends by `exit`.
    static void run_exits();

    /// The first thread, which has no predecessor to return to. Called once.
    [[noreturn]] static void run_first(std::size_t stack_size, void (*function)(void*));

private:
    friend class Scheduler;

    Thread(Options const& options, void (*function)(void*), void* argument)
        : name_{options.name},
          function_{function},
          argument_{argument}
    {
    }
    static Result<Thread*> create(Options options, void (*function)(void*), void* argument);
    static void run();
    [[noreturn]] void end();
    void give_back();

    static constinit Thread* newest_;

    char const* name_;
    void (*function_)(void*);
    void* argument_;
    std::span<std::byte> pages_;
    std::span<std::byte> stack_;
    void* stack_pointer_ = nullptr;
    void* thread_pointer_ = nullptr;
    _reent* c_library_state_ = nullptr;
    ThreadExit* exits_ = nullptr;
    void* value_ = nullptr;
    WaitQueue joiners_;
    Thread* next_ = nullptr; ///< in the scheduler's queue of runnable threads
    Thread* next_sleeper_ = nullptr;
    Thread* next_older_ = nullptr; ///< of all threads
    Deadline deadline_;
    bool timed_out_ = false;
    bool ended_ = false;
    bool detached_ = false;
};

/// Owns a running thread. Destruction waits for its end.
class [[nodiscard]] ThreadHandle {
public:
    ThreadHandle() = default;
    explicit ThreadHandle(Thread& thread) : thread_{&thread} {}
    ThreadHandle(ThreadHandle&& other) noexcept : thread_{std::exchange(other.thread_, nullptr)} {}
    ThreadHandle& operator=(ThreadHandle&& other) noexcept
    {
        std::swap(thread_, other.thread_);
        return *this;
    }
    ~ThreadHandle()
    {
        if (thread_)
            static_cast<void>(thread_->join());
    }

    /// @return `timed_out`, and then the thread is still owned
    Result<void> join(Deadline deadline = Deadline::never())
    {
        LODGER_TRY(thread_->join(deadline));
        thread_ = nullptr;
        return {};
    }
    void detach() { std::exchange(thread_, nullptr)->detach(); }
    Thread& thread() const { return *thread_; }

private:
    Thread* thread_ = nullptr;
};

/// Starts a thread that calls `function()`, a copy of which it owns.
template <class Function>
Result<ThreadHandle> spawn(Thread::Options options, Function function)
{
    std::unique_ptr<Function> copy{new (std::nothrow) Function{std::move(function)}};
    if (!copy)
        return Failure{Errc::no_memory};
    Thread* const thread = LODGER_TRY(Thread::start(
        options,
        [](void* argument) {
            std::unique_ptr<Function> const own{static_cast<Function*>(argument)};
            (*own)();
        },
        copy.get()));
    static_cast<void>(copy.release());
    return ThreadHandle{*thread};
}

} // namespace lodger::runtime
