#pragma once

namespace lodger::arch {

/// Saves the running thread's registers on its stack and its stack pointer in `*saved`, and goes
/// on with the thread whose stack pointer is `next`. Returns when somebody switches back.
extern "C" void lodger_switch(void** saved, void* next);

/// The frame pointer of a thread that is switched away from, among what is saved on its stack.
inline void const* saved_frame(void const* stack_pointer)
{
    return static_cast<void* const*>(stack_pointer)[5];
}

/// Prepares a stack so that the first `lodger_switch` to it calls `entry`, which never returns.
/// @return the stack pointer to switch to
inline void* initial_context(void* stack_end, void (*entry)())
{
    auto* slot = static_cast<void**>(stack_end);
    *--slot = nullptr; // keeps the stack aligned as at a call, and ends backtraces
    *--slot = reinterpret_cast<void*>(entry);
    for (int i = 0; i < 6; ++i)
        *--slot = nullptr; // rbp, rbx, r12 to r15
    return slot;
}

} // namespace lodger::arch
