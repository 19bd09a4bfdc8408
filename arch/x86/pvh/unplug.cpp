#include <lodger/arch/x86/pvh/ports.hpp>
#include <lodger/arch/x86/pvh/unplug.hpp>

// The steps and their numbers are those of docs/misc/hvm-emulated-unplug.pandoc in Xen's source,
// the product's number is from xen/include/public/hvm/pvdrivers.h.
namespace lodger::arch::pvh {
namespace {

constexpr std::uint16_t magic_port = 0x10; // also takes the build's number, and the devices
constexpr std::uint16_t version_port = 0x12;
constexpr std::uint16_t magic = 0x49d2; // another value: refused, or nobody is there
constexpr std::uint16_t experimental_product = 0xffff;
constexpr std::uint32_t build = 1;
constexpr std::uint16_t disks = 1 << 0;
constexpr std::uint16_t network_cards = 1 << 1;
constexpr std::uint16_t nvme_disks = 1 << 3;

} // namespace

void unplug_emulated_devices()
{
    if (read_port<std::uint16_t>(magic_port) != magic)
        return;
    if (read_port<std::uint8_t>(version_port) != 0) {
        write_port(version_port, experimental_product);
        write_port(magic_port, build);
        if (read_port<std::uint16_t>(magic_port) != magic)
            return;
    }
    write_port(magic_port, static_cast<std::uint16_t>(disks | network_cards | nvme_disks));
}

} // namespace lodger::arch::pvh
