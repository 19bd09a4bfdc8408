#pragma once

namespace lodger::runtime {

/// Draws the number that lies between a function's buffers and its return address.
void draw_stack_canary();

} // namespace lodger::runtime
