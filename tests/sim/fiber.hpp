#pragma once

#include <cstddef>
#include <exception>
#include <functional>

namespace lodger::sim {

/// A flow of control with a stack of its own, told apart for the sanitizers. The scheduler resumes
/// it, it suspends itself back to the scheduler; fibers never switch among themselves.
class Fiber {
public:
    explicit Fiber(std::function<void()> body);
    Fiber(Fiber const&) = delete;
    Fiber& operator=(Fiber const&) = delete;
    /// A fiber that has not ended is never run again; what its stack holds stays reachable, so
    /// that it is no leak.
    ~Fiber();

    /// Runs it until it suspends itself or ends. Call from outside every fiber.
    void resume();

    /// Goes back to whoever resumed the running fiber.
    static void suspend();

    /// The fiber that runs now, null outside every one.
    static Fiber* current();

    bool is_done() const { return done_; }

    /// It is never run again; what its stack holds is nobody's any more.
    void abandon() { abandoned_ = true; }

    /// What its body threw, if it ended so.
    std::exception_ptr failure() const { return failure_; }

private:
    /// The part of the C++ runtime's state that belongs to a flow of control: exceptions being
    /// handled (Itanium C++ ABI, `__cxa_eh_globals`).
    struct Exceptions {
        void* caught = nullptr;
        unsigned uncaught = 0;
    };

    static void entry();
    void run();
    static void swap_exceptions(Exceptions& leaving, Exceptions const& entering);

    std::function<void()> body_;
    std::byte* stack_;
    void* context_ = nullptr; ///< where its stack ends while it does not run
    void* resumer_ = nullptr;
    void* fake_stack_ = nullptr;
    void const* resumer_stack_ = nullptr;
    std::size_t resumer_stack_size_ = 0;
    Exceptions exceptions_;
    Exceptions resumer_exceptions_;
    bool done_ = false;
    bool started_ = false;
    bool abandoned_ = false;
    std::exception_ptr failure_;
};

} // namespace lodger::sim
