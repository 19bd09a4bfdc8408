#pragma once

// Included first by all that is compiled without exceptions: what the C++ library's headers throw
// is a panic there. By its own name each of these would bring the unwinder, types of exceptions and
// strings into an image that can catch none: some 60 KiB.

#ifndef __cpp_exceptions
#define __throw_out_of_range_fmt lodger_out_of_range
#define __throw_length_error lodger_length_error
#define __throw_logic_error lodger_logic_error
#define __throw_bad_alloc lodger_bad_alloc
#define __throw_bad_array_new_length lodger_bad_alloc
#define __throw_bad_function_call lodger_bad_function_call
#endif
