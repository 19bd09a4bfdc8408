/// XenStore's client for this guest, here and nowhere else: waiting for the daemon costs so much
/// that how fast its code is does not count, but how large it is does.

#include <lodger/runtime/services.hpp>

template class lodger::store::Connection<lodger::Guest>;
template class lodger::store::Operations<lodger::Guest>;
template class lodger::store::Batch<lodger::Guest>;
template class lodger::store::Watch<lodger::Guest>;
template class lodger::store::Client<lodger::Guest>;

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

Result<Store*> xenstore_alone()
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
    return store;
}

} // namespace lodger::runtime
