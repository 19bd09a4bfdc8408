#include <lodger/arch/x86/hypercall.hpp>

// What a PV guest needs, which may call Xen from its first instruction on.
constinit lodger::arch::HypercallBy lodger_hypercall_by = lodger::arch::HypercallBy::syscall;
