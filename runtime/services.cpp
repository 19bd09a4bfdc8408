#include <lodger/runtime/services.hpp>

#include <optional>

namespace lodger::runtime {

Result<Store*> xenstore()
{
    static std::optional<Store> store;
    if (store)
        return &*store;
    arch::BootInfo const& boot = guest().boot_info();
    if (!boot.store_page)
        return Failure{Errc::no_device};
    auto& page = *reinterpret_cast<store::Page*>(boot.store_page);
    store.emplace(guest(), page, boot.store_port);
    if (auto const started = store->start(); !started) {
        store.reset();
        return Failure{started.error()};
    }
    return &*store;
}

GrantTable& grants()
{
    static GrantTable table{guest()};
    return table;
}

} // namespace lodger::runtime
