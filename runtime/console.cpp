#include <lodger/runtime/console.hpp>

#include <new>

namespace lodger::runtime {
namespace {

/// Never destroyed: the last words of static destructors go through it.
alignas(Console) constinit std::byte storage[sizeof(Console)]{};
constinit Console* the_console = nullptr;

} // namespace

Console* console()
{
    return the_console;
}

void print(std::string_view text)
{
    // Where nobody reads, nobody misses it.
    if (Console* const to = console())
        static_cast<void>(to->write(text));
}

void start_console()
{
    arch::BootInfo const& boot = guest().boot_info();
    if (!boot.console_page)
        return;
    auto& page = *reinterpret_cast<console::Page*>(boot.console_page);
    the_console = new (storage) Console{guest(), page, boot.console_port};
}

} // namespace lodger::runtime
