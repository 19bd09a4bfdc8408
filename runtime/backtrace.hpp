#pragma once

#include <lodger/arch/x86/trap_frame.hpp>
#include <lodger/runtime/symbols.hpp>

#include <cstdint>

namespace lodger::runtime {

/// Prints the callers of a function, by the frame pointers that our code keeps. The C library
/// keeps none, so calls through it may be missing.
/// @param address where the callee returns to
/// @param frame the callee's frame: the caller's frame pointer and the return address
void print_backtrace(std::uint64_t address, std::uint64_t const* frame);

/// Prints where a trap was taken, and the callers from there.
void print_backtrace_of(arch::TrapFrame const& trap);

} // namespace lodger::runtime
