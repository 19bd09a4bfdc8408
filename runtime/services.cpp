#include <lodger/runtime/control.hpp>
#include <lodger/runtime/services.hpp>

#include <new>

namespace lodger::runtime {
namespace {

/// Never destroyed: its threads may run until the guest's very end.
alignas(Store) constinit std::byte storage[sizeof(Store)]{};
constinit Store* the_store = nullptr;

} // namespace

Store* started_xenstore()
{
    return the_store;
}

Result<Store*> xenstore()
{
    if (the_store)
        return the_store;
    arch::BootInfo const& boot = guest().boot_info();
    if (!boot.store_page)
        return Failure{Errc::no_device};
    auto& page = *reinterpret_cast<store::Page*>(boot.store_page);
    auto* const store = new (storage) Store{guest(), page, boot.store_port};
    if (auto const started = store->start(); !started) {
        store->~Store();
        return Failure{started.error()};
    }
    the_store = store;
    // Without memory for that thread the guest has worse worries than being asked to end.
    static_cast<void>(serve_control(*store));
    return store;
}

GrantTable& grants()
{
    static GrantTable table{guest()};
    return table;
}

} // namespace lodger::runtime
