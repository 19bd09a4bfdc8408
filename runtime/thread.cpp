#include <lodger/arch/x86/context.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/core/wait.hpp>
#include <lodger/runtime/c_library_state.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/thread.hpp>
#include <lodger/runtime/thread_local_storage.hpp>

#include <new>

namespace lodger::runtime {
namespace {

constexpr std::size_t round_up(std::size_t size, std::size_t to)
{
    return (size + to - 1) / to * to;
}

/// What lies at the top of a thread's pages: from the highest address down, the thread object,
/// the C library's state, the thread pointer's word and the thread-local variables.
struct Top {
    std::byte* thread;
    std::byte* c_library_state;
    std::byte* thread_pointer;
    std::byte* stack_end;

    explicit Top(std::byte* end)
    {
        auto const down = [](std::byte* from, std::size_t size, std::size_t alignment) {
            auto const address = reinterpret_cast<std::uintptr_t>(from - size);
            return reinterpret_cast<std::byte*>(address & ~(alignment - 1));
        };
        thread = down(end, sizeof(Thread), alignof(Thread));
        c_library_state = down(thread, c_library_state_size(), alignof(std::max_align_t));
        thread_pointer = down(c_library_state, 64, ThreadLocalStorage::alignment());
        stack_end = down(thread_pointer, ThreadLocalStorage::size(), 16);
    }

    static std::size_t size()
    {
        return sizeof(Thread) + c_library_state_size() + ThreadLocalStorage::size() + 64 +
               2 * ThreadLocalStorage::alignment() + 64;
    }
};

} // namespace

constinit Thread* Thread::newest_ = nullptr;

Thread& Thread::current()
{
    return guest().scheduler().current();
}

Result<Thread*> Thread::create(Options options, void (*function)(void*), void* argument)
{
    std::size_t const size = round_up(options.stack_size + Top::size(), page_size);
    std::span<std::byte> const pages = LODGER_TRY(guest().allocate_pages(1 + size / page_size));
    if (auto const guarded = arch::protect(pages.data(), arch::Protection::none); !guarded) {
        guest().free_pages(pages);
        return Failure{guarded.error()};
    }
    Top const top{pages.data() + pages.size()};
    auto* const thread = new (top.thread) Thread{options, function, argument};
    thread->next_older_ = std::exchange(newest_, thread);
    thread->pages_ = pages;
    thread->stack_ = {pages.data() + page_size, top.stack_end};
    thread->stack_pointer_ = arch::initial_context(top.stack_end, &Thread::run);
    thread->thread_pointer_ = ThreadLocalStorage::start(top.thread_pointer);
    thread->c_library_state_ = reinterpret_cast<_reent*>(top.c_library_state);
    return thread;
}

Result<Thread*> Thread::start(Options options, void (*function)(void*), void* argument)
{
    Thread* const thread = LODGER_TRY(create(options, function, argument));
    start_c_library_state(*thread->c_library_state_);
    guest().scheduler().make_runnable(*thread);
    return thread;
}

void Thread::run_first(std::size_t stack_size, void (*function)(void*))
{
    auto const created = create({"main", stack_size}, function, nullptr);
    if (!created)
        panic("no memory for the first thread's stack");
    Thread& thread = **created;
    // The C library's own state, which `exit` flushes.
    thread.c_library_state_ = first_c_library_state();
    guest().scheduler().set_first(thread);
    arch::set_thread_pointer(thread.thread_pointer_);
    void* boot_stack = nullptr;
    arch::lodger_switch(&boot_stack, thread.stack_pointer_);
    __builtin_unreachable();
}

void Thread::run()
{
    Thread& thread = current();
    guest().scheduler().after_switch();
    thread.function_(thread.argument_);
    thread.end();
}

void const* Thread::saved_frame() const
{
    return arch::saved_frame(stack_pointer_);
}

void Thread::at_exit(ThreadExit& exit)
{
    Thread& thread = current();
    exit.next = std::exchange(thread.exits_, &exit);
}

void Thread::after_exits(ThreadExit& exit)
{
    ThreadExit** last = &current().exits_;
    while (*last)
        last = &(*last)->next;
    exit.next = nullptr;
    *last = &exit;
}

void Thread::run_exits()
{
    Thread& thread = current();
    while (ThreadExit* const exit = thread.exits_) {
        thread.exits_ = exit->next;
        exit->call(exit->object);
        exit->release(exit);
    }
}

void Thread::end()
{
    run_exits();
    ended_ = true;
    guest().wake(joiners_);
    guest().scheduler().leave();
}

Result<void> Thread::join(Deadline deadline, void** result)
{
    LODGER_TRY(wait_until(guest(), joiners_, deadline, [this] { return ended_; }));
    if (result)
        *result = value_;
    give_back();
    return {};
}

void Thread::detach()
{
    if (ended_)
        give_back();
    else
        detached_ = true;
}

void Thread::give_back()
{
    end_c_library_state(*c_library_state_);
    std::span<std::byte> const pages = pages_;
    Thread** link = &newest_;
    while (*link != this)
        link = &(*link)->next_older_;
    *link = next_older_;
    this->~Thread();
    // If the guard cannot be lifted, the pages stay taken: better lost than broken.
    if (arch::protect(pages.data(), arch::Protection::read_write))
        guest().free_pages(pages);
}

} // namespace lodger::runtime
