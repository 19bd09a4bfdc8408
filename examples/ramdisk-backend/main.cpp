// Serves a RAM disk to other guests: the backend's end of a block device, in a guest of its own.

#include "../support/sha256.hpp"
#include "../support/text.hpp"
#include <lodger/blkback/device.hpp>
#include <lodger/blkback/memory_medium.hpp>
#include <lodger/runtime/services.hpp>
#include <lodger/xenbus/served_devices.hpp>

#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

namespace {

using namespace lodger;
using namespace std::chrono_literals;

constexpr char usage[] = "Usage: ramdisk-backend [--once] [MEBIBYTES]\n"
                         "Serves a RAM disk of that size (4) as each device in backend/vbd of this "
                         "guest. It begins with\n"
                         "the first boot module, if there is one (ramdisk= in its xl "
                         "configuration), and with a pattern\n"
                         "otherwise. With --once the guest ends when the first device that it "
                         "served has been removed.\n";

/// Sizes that fit a small guest: pages of other guests that can be mapped at a time are few.
constexpr blkback::Options offers = {
    .ring_page_order = 2, .queues = 2, .indirect_segments = 32, .persistent_grants = 128};

/// What the command line asks for.
struct Arguments {
    bool once = false;
    std::size_t size = std::size_t{4} << 20;
};

std::optional<Arguments> parse_arguments(std::span<char*> words)
{
    Arguments arguments;
    for (std::string_view const word : words) {
        auto const mebibytes = parse<std::uint16_t>(word);
        if (word == "--once")
            arguments.once = true;
        else if (mebibytes && *mebibytes > 0)
            arguments.size = std::size_t{*mebibytes} << 20;
        else
            return std::nullopt;
    }
    return arguments;
}

void fill(std::span<std::byte> disk)
{
    auto const& modules = guest().boot_info().modules;
    std::size_t done = 0;
    if (modules.begin() != modules.end()) {
        std::span<std::byte const> const first = *modules.begin();
        done = std::min(disk.size(), first.size());
        std::memcpy(disk.data(), first.data(), done);
    } else {
        for (; done < disk.size(); done += sizeof done) // Every word says where it is.
            std::memcpy(&disk[done], &done, sizeof done);
    }
    std::memset(disk.data() + done, 0, disk.size() - done);
}

void print_digest(char const* when, std::span<std::byte const> disk)
{
    examples::Sha256 sha256;
    sha256.add(disk);
    std::printf("%s: %zu bytes, SHA-256 %s\n", when, disk.size(), sha256.hex().data());
}

using Medium = blkback::MemoryMedium<>;

/// One device and the two threads that serve it.
class Service {
public:
    Service(Store& store, Medium& medium, std::string_view path)
        : device_{store, medium, offers},
          path_{xenbus::NodePath::of(path).value()}
    {
    }

    std::string_view path() const { return path_; }

    Result<> start()
    {
        LODGER_TRY(device_.open(path_));
        LODGER_TRY(start_thread("device", &Service::run));
        LODGER_TRY(start_thread("requests", &Service::serve));
        std::printf("Serving %.*s\n", EXAMPLES_TEXT(path()));
        return {};
    }

    /// Ends the service and waits until both threads have ended.
    Result<> end()
    {
        device_.server().stop();
        return wait_until(guest(), ended_, after(guest(), 30s), [this] { return threads_ == 0; });
    }

private:
    Result<> start_thread(char const* name, void (*body)(void*))
    {
        LODGER_TRY(guest().start_thread(name, body, this));
        ++threads_;
        return {};
    }

    static void run(void* object)
    {
        auto& self = *static_cast<Service*>(object);
        if (auto const ended = self.device_.run(); !ended)
            std::printf(
                "%.*s: %.*s\n", EXAMPLES_TEXT(self.path()), EXAMPLES_TEXT(describe(ended.error())));
        self.end_thread();
    }
    static void serve(void* object)
    {
        auto& self = *static_cast<Service*>(object);
        self.device_.serve();
        self.end_thread();
    }
    void end_thread()
    {
        --threads_;
        guest().wake(ended_);
    }

    blkback::Device<Guest, Medium> device_;
    xenbus::NodePath path_;
    WaitQueue ended_;
    int threads_ = 0;
};

/// All devices that are served at the moment.
class Services {
public:
    Services(Store& store, Medium& medium) : store_{store}, medium_{medium} {}

    /// Starts to serve what is new, and ends what is gone.
    /// @return how many have ended
    Result<std::size_t> follow(xenbus::ServedDevices<Guest>& devices)
    {
        std::array<bool, most> is_there{};
        LODGER_TRY(devices.look([&](std::string_view path) -> Result<> {
            auto const known = std::ranges::find_if(
                services_, [&](auto const& service) { return service && service->path() == path; });
            if (known != services_.end())
                is_there[static_cast<std::size_t>(known - services_.begin())] = true;
            else if (auto const place = begin(path))
                is_there[*place] = true;
            return {};
        }));
        std::size_t ended = 0;
        for (std::size_t i = 0; i < most; ++i) {
            if (is_there[i] || !services_[i])
                continue;
            LODGER_TRY(services_[i]->end());
            std::printf("%.*s is gone\n", EXAMPLES_TEXT(services_[i]->path()));
            services_[i].reset();
            ++ended;
        }
        return ended;
    }

private:
    static constexpr std::size_t most = 8;

    /// @return its place, if it could be begun; one that the toolstack has not finished writing
    /// is tried again at the next change
    std::optional<std::size_t> begin(std::string_view path)
    {
        auto const place =
            std::ranges::find_if(services_, [](auto const& service) { return !service; });
        if (place == services_.end())
            return std::nullopt;
        auto service = std::make_unique<Service>(store_, medium_, path);
        if (!service->start()) {
            static_cast<void>(service->end());
            return std::nullopt;
        }
        *place = std::move(service);
        return static_cast<std::size_t>(place - services_.begin());
    }

    Store& store_;
    Medium& medium_;
    std::array<std::unique_ptr<Service>, most> services_;
};

Result<> serve(Arguments const& arguments, std::span<std::byte> disk)
{
    Store& store = *LODGER_TRY(runtime::xenstore());
    Medium medium{disk};
    Services services{store, medium};
    auto devices = LODGER_TRY(xenbus::ServedDevices<Guest>::watch(store, "vbd", store.patience()));
    std::printf("Waiting for devices in backend/vbd\n");
    std::size_t ended = 0;
    while (!arguments.once || ended == 0) {
        // Guests come whenever they like.
        LODGER_TRY(devices.wait(Deadline::never()));
        ended += LODGER_TRY(services.follow(devices));
    }
    return {};
}

} // namespace

int main(int argc, char** argv)
{
    auto const arguments = parse_arguments({argv + 1, static_cast<std::size_t>(argc - 1)});
    if (!arguments) {
        std::fputs(usage, stdout);
        return 2;
    }
    std::unique_ptr<std::byte[]> const memory{new (std::nothrow) std::byte[arguments->size]};
    if (!memory) {
        std::printf("There is no memory for %zu bytes\n", arguments->size);
        return 1;
    }
    std::span const disk{memory.get(), arguments->size};
    fill(disk);
    print_digest("RAM disk", disk);
    auto const served = serve(*arguments, disk);
    if (!served)
        std::printf("Serving failed: %.*s\n", EXAMPLES_TEXT(describe(served.error())));
    print_digest("At the end", disk);
    std::printf("Pages of other guests still mapped: %zu\n", guest().foreign_pages());
    bool const good = served && guest().foreign_pages() == 0;
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
