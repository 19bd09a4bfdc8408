#include <lodger/runtime/console.hpp>
#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/services.hpp>
#include <lodger/runtime/suspend.hpp>
#include <lodger/runtime/text.hpp>

namespace lodger::runtime {
namespace {

void move_console()
{
    arch::BootInfo const& boot = guest().boot_info();
    early_console.open(boot.console_page, boot.console_port);
    if (Console* const moving = console())
        static_cast<void>(
            moving->move(*reinterpret_cast<console::Page*>(boot.console_page), boot.console_port));
}

void move_store(Store& store)
{
    arch::BootInfo const& boot = guest().boot_info();
    auto& page = *reinterpret_cast<store::Page*>(boot.store_page);
    auto const moved = store.connection().move(page, boot.store_port, store.patience());
    if (!moved)
        print(
            (Text{} << "lodger: XenStore after a restoration: " << describe(moved.error()) << "\n")
                .view());
}

} // namespace

Result<Resumption> suspend()
{
    // What is in the console's page may not be saved with it.
    if (Console* const draining = console())
        static_cast<void>(draining->drain());
    Store* const store = started_xenstore();
    constexpr Duration patience = std::chrono::seconds{5};
    if (store)
        LODGER_TRY(store->connection().pause(after(guest(), patience)));
    // What another domain writes through a mapping that it keeps, as a block backend does, Xen does
    // not note as changed (only when it is unmapped, xen/common/grant_table.c, gnttab_mark_dirty):
    // after a live migration such a page would be what it was when it was first copied.
    grants().for_each_writable(arch::mark_changed);
    Resumption const how = guest().suspend();
    if (how == Resumption::restored) {
        grants().restart();
        move_console();
        if (store)
            move_store(*store);
    } else if (store) {
        store->connection().go_on();
    }
    return how;
}

} // namespace lodger::runtime
