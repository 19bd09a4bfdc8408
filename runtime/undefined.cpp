/// What code compiled with -fsanitize=undefined calls when it is about to do something undefined:
/// a panic that says what and where. The names and the layout of the data are those of libubsan
/// (gcc/sanitizer.def and libsanitizer/ubsan/ubsan_handlers.h in GCC's source). Linked only into an
/// image with such code.

#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/text.hpp>

namespace {

using lodger::runtime::Text;

struct Place {
    char const* file;
    std::uint32_t line;
    std::uint32_t column;
};

/// All data begins with the place; what follows differs, and only one handler looks at it.
struct Data {
    Place place;
};

[[noreturn]] void report(std::string_view what, Place const& place)
{
    Text text;
    text << "undefined behaviour: " << what << " at " << place.file << ":" << place.line;
    lodger::runtime::panic(text.view());
}

} // namespace

/// Some code is compiled to go on after the call, other code (-fno-sanitize-recover) not to; here
/// neither returns.
#define LODGER_UNDEFINED(name, what)                                                               \
    [[noreturn]] void __ubsan_handle_##name(Data const& data)                                      \
    {                                                                                              \
        report(what, data.place);                                                                  \
    }                                                                                              \
    [[noreturn]] void __ubsan_handle_##name##_abort(Data const& data)                              \
    {                                                                                              \
        report(what, data.place);                                                                  \
    }

extern "C" {

LODGER_UNDEFINED(add_overflow, "signed addition overflows")
LODGER_UNDEFINED(sub_overflow, "signed subtraction overflows")
LODGER_UNDEFINED(mul_overflow, "signed multiplication overflows")
LODGER_UNDEFINED(negate_overflow, "signed negation overflows")
LODGER_UNDEFINED(divrem_overflow, "division by zero, or one that overflows")
LODGER_UNDEFINED(shift_out_of_bounds, "shift of a negative number or too far")
LODGER_UNDEFINED(out_of_bounds, "index outside of an array")
LODGER_UNDEFINED(vla_bound_not_positive, "array without elements")
LODGER_UNDEFINED(float_cast_overflow, "floating-point number does not fit")
LODGER_UNDEFINED(load_invalid_value, "value that the type does not have")
LODGER_UNDEFINED(nonnull_arg, "null pointer as an argument that must not be")
LODGER_UNDEFINED(pointer_overflow, "pointer arithmetic overflows")
LODGER_UNDEFINED(invalid_builtin, "zero given to a function that counts zero bits")

// These are declared not to return, and have one form.
[[noreturn]] void __ubsan_handle_builtin_unreachable(Data const& data)
{
    report("place that is never reached", data.place);
}
[[noreturn]] void __ubsan_handle_missing_return(Data const& data)
{
    report("end of a function that returns a value", data.place);
}

[[noreturn]] void __ubsan_handle_type_mismatch_v1(Data const& data, void const* pointer)
{
    report(pointer ? "misaligned or foreign pointer" : "null pointer", data.place);
}
[[noreturn]] void __ubsan_handle_type_mismatch_v1_abort(Data const& data, void const* pointer)
{
    __ubsan_handle_type_mismatch_v1(data, pointer);
}

[[noreturn]] void __ubsan_handle_nonnull_return_v1(Data const&, Place const& place)
{
    report("null pointer returned where none must be", place);
}
[[noreturn]] void __ubsan_handle_nonnull_return_v1_abort(Data const& data, Place const& place)
{
    __ubsan_handle_nonnull_return_v1(data, place);
}
}
