#include <lodger/tests/sim/fiber.hpp>

#include <cassert>
#include <cstdint>
#include <cxxabi.h>
#include <new>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#include <sys/mman.h>
#include <utility>
#include <vector>

/// Saves the registers that a call preserves on the running stack, whose end goes into `*leaving`,
/// and goes on from those saved at `entering`. Unlike swapcontext it makes no system call.
extern "C" void lodger_sim_switch(void** leaving, void* entering);

__asm__(R"(
    .pushsection .text
    .type lodger_sim_switch, @function
lodger_sim_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size lodger_sim_switch, . - lodger_sim_switch
    .popsection
)");

namespace lodger::sim {
namespace {

constexpr std::size_t stack_size = 256 * 1024; // sanitizers make frames large
constexpr std::size_t guard_size = 4096;

Fiber* running = nullptr;

/// Stacks that no fiber uses, kept for the next one: a world is made for every seed.
std::vector<std::byte*>& spare_stacks()
{
    static std::vector<std::byte*> stacks;
    return stacks;
}

std::byte* take_stack()
{
    auto& spare = spare_stacks();
    if (!spare.empty()) {
        std::byte* const stack = spare.back();
        spare.pop_back();
        __asan_unpoison_memory_region(stack, stack_size);
        return stack;
    }
    void* const memory = mmap(
        nullptr, guard_size + stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
        0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc{};
    mprotect(memory, guard_size, PROT_NONE);
    return static_cast<std::byte*>(memory) + guard_size;
}

} // namespace

Fiber::Fiber(std::function<void()> body) : body_{std::move(body)}, stack_{take_stack()}
{
    // What the first switch takes: six registers, where to return to, and for the function there
    // a return address that it never uses.
    auto* top = reinterpret_cast<std::uintptr_t*>(stack_ + stack_size);
    *--top = 0;
    *--top = reinterpret_cast<std::uintptr_t>(&Fiber::entry);
    for (int i = 0; i < 6; ++i)
        *--top = 0;
    context_ = top;
}

Fiber::~Fiber()
{
    assert(running != this);
    if (started_ && !done_ && !abandoned_)
        __lsan_register_root_region(stack_, stack_size);
    else
        spare_stacks().push_back(stack_);
}

Fiber* Fiber::current()
{
    return running;
}

void Fiber::resume()
{
    assert(!running && !done_);
    running = this;
    started_ = true;
    swap_exceptions(resumer_exceptions_, exceptions_);
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, stack_, stack_size);
    lodger_sim_switch(&resumer_, context_);
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
    running = nullptr;
}

void Fiber::suspend()
{
    Fiber& self = *running;
    swap_exceptions(self.exceptions_, self.resumer_exceptions_);
    __sanitizer_start_switch_fiber(
        self.done_ ? nullptr : &self.fake_stack_, self.resumer_stack_, self.resumer_stack_size_);
    lodger_sim_switch(&self.context_, self.resumer_);
    __sanitizer_finish_switch_fiber(
        self.fake_stack_, &self.resumer_stack_, &self.resumer_stack_size_);
}

void Fiber::entry()
{
    Fiber& self = *running;
    __sanitizer_finish_switch_fiber(nullptr, &self.resumer_stack_, &self.resumer_stack_size_);
    self.run();
    suspend();
    std::unreachable();
}

void Fiber::run()
{
    try {
        body_();
    } catch (...) {
        failure_ = std::current_exception();
    }
    body_ = nullptr;
    done_ = true;
}

void Fiber::swap_exceptions(Exceptions& leaving, Exceptions const& entering)
{
    auto* const globals = reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
    leaving = *globals;
    *globals = entering;
}

} // namespace lodger::sim
