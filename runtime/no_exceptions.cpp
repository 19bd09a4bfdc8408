#include <lodger/runtime/no_exceptions.hpp>
#include <lodger/runtime/panic.hpp>

using lodger::runtime::panic;

namespace std {

[[noreturn]] void lodger_out_of_range(char const*, ...);
[[noreturn]] void lodger_length_error(char const* what);
[[noreturn]] void lodger_logic_error(char const* what);
[[noreturn]] void lodger_bad_alloc();
[[noreturn]] void lodger_bad_function_call();

/// What is said has places for numbers, which are not worth a printf.
void lodger_out_of_range(char const* what, ...)
{
    panic(what);
}

void lodger_length_error(char const* what)
{
    panic(what);
}

void lodger_logic_error(char const* what)
{
    panic(what);
}

void lodger_bad_alloc()
{
    panic("out of memory");
}

void lodger_bad_function_call()
{
    panic("an empty std::function was called");
}

} // namespace std
