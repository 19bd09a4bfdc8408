/// Panics at once: Xen must hear of a crash, and the console must say why.
#include <lodger/runtime/panic.hpp>

int main()
{
    lodger::runtime::panic("this guest panics on purpose");
}
