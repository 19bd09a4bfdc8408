#include <lodger/runtime/control.hpp>
#include <lodger/runtime/services.hpp>

namespace lodger::runtime {

Result<Store*> xenstore()
{
    Store* const store = LODGER_TRY(xenstore_alone());
    // Without memory for that thread the guest has worse worries than being asked to end.
    static_cast<void>(serve_control(*store));
    return store;
}

} // namespace lodger::runtime
