#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/pvh/parameters.hpp>

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

namespace lodger::arch::pvh {

Result<std::uint64_t> parameter(std::uint32_t index)
{
    xen_hvm_param_t request{};
    request.domid = DOMID_SELF;
    request.index = index;
    LODGER_TRY(outcome(hvm_op(HVMOP_get_param, &request)));
    return request.value;
}

Result<void> set_callback_vector()
{
    constexpr std::uint64_t vector = 0xf3;
    xen_hvm_param_t request{};
    request.domid = DOMID_SELF;
    request.index = HVM_PARAM_CALLBACK_IRQ;
    request.value = std::uint64_t{HVM_PARAM_CALLBACK_TYPE_VECTOR} << 56 | vector;
    return outcome(hvm_op(HVMOP_set_param, &request));
}

} // namespace lodger::arch::pvh
