#include <lodger/tests/xenstored/host_domain.hpp>

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lodger::host {
namespace {

sockaddr_un address_of(std::string const& path)
{
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

void* map_page(std::string const& path)
{
    int const file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool const sized = ftruncate(file, page_size) == 0;
    void* const page = mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (!sized || page == MAP_FAILED)
        throw std::runtime_error{"cannot make " + path};
    return page;
}

std::string new_folder()
{
    std::string folder = std::filesystem::temp_directory_path() / "xenstored-XXXXXX";
    if (!mkdtemp(folder.data()))
        throw std::runtime_error{"cannot make " + folder};
    return folder;
}

} // namespace

HostDomain::HostDomain(Machine& machine, Domain id)
    : machine_{machine},
      id_{id},
      port_{100u + id.value},
      page_{static_cast<store::Page*>(
          map_page(machine.folder() + "/page." + std::to_string(id.value)))},
      pending_{static_cast<std::uint32_t*>(
          map_page(machine.folder() + "/pending." + std::to_string(port_.value)))},
      socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)},
      sender_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)}
{
    auto const own = address_of(machine.folder() + "/dom." + std::to_string(port_.value));
    if (bind(socket_, reinterpret_cast<sockaddr const*>(&own), sizeof own) != 0)
        throw std::runtime_error{"cannot bind an event channel"};
}

HostDomain::~HostDomain()
{
    munmap(page_, page_size);
    munmap(pending_, page_size);
    ::close(socket_);
    ::close(sender_);
}

Result<void> HostDomain::notify(Port port)
{
    // As in Xen, what is pending already is not raised again.
    if (SharedMemory::exchange(pending_[at_daemon], 1) != 0)
        return {};
    // Like an event channel's other end, a daemon that is gone is no error.
    if (!raise(port))
        SharedMemory::exchange(pending_[at_daemon], 0);
    return {};
}

bool HostDomain::raise(Port port)
{
    auto const send_port = [&] {
        return send(sender_, &port.value, sizeof port.value, MSG_DONTWAIT) > 0;
    };
    if (send_port())
        return true;
    auto const daemon = address_of(machine_.folder() + "/daemon"); // perhaps a new one
    return connect(sender_, reinterpret_cast<sockaddr const*>(&daemon), sizeof daemon) == 0 &&
           send_port();
}

Result<void> HostDomain::listen(Port port, Listener listener)
{
    if (port != port_)
        return Failure{Errc::invalid_argument};
    listener_ = listener;
    return {};
}

Instant HostDomain::now() const
{
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return Instant{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

Result<void> HostDomain::wait(WaitQueue& queue, Deadline deadline)
{
    if (in_listener_)
        return Failure{Errc::would_deadlock};
    Waiter waiter;
    queue.add(waiter);
    while (waiter.is_waiting()) {
        if (deadline.passed(now())) {
            WaitQueue::remove(waiter);
            return Failure{Errc::timed_out};
        }
        machine_.idle(deadline);
    }
    return {};
}

void HostDomain::wake(WaitQueue& queue)
{
    if (queue.empty())
        return;
    while (queue.take()) {
    }
    machine_.on_wake();
}

void HostDomain::take_events()
{
    char byte;
    if (recv(socket_, &byte, 1, 0) <= 0)
        return;
    SharedMemory::exchange(pending_[at_guest], 0);
    if (!listener_.call)
        return;
    in_listener_ = true;
    listener_.call(listener_.object);
    in_listener_ = false;
}

Machine::Machine() : folder_{new_folder()}
{
    munmap(map_page(folder_ + "/page.0"), page_size);
    daemon_ = std::make_unique<Daemon>(folder_);
}

Machine::~Machine()
{
    daemon_.reset();
    domains_.clear();
    std::filesystem::remove_all(folder_);
}

HostDomain& Machine::add_domain(Domain id)
{
    HostDomain& domain = *domains_.emplace_back(std::make_unique<HostDomain>(*this, id));
    sockets_.push_back({.fd = domain.socket_, .events = POLLIN, .revents = 0});
    return domain;
}

void Machine::sleep(Deadline deadline)
{
    timespec timeout{};
    if (!deadline.is_never()) {
        auto const rest = std::max(deadline.at - domains_.front()->now(), Duration{});
        timeout = {.tv_sec = rest.count() / 1'000'000'000, .tv_nsec = rest.count() % 1'000'000'000};
    }
    timespec const* const most = deadline.is_never() ? nullptr : &timeout;
    if (ppoll(sockets_.data(), sockets_.size(), most, nullptr) <= 0)
        return;
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (sockets_[i].revents)
            domains_[i]->take_events();
    }
}

} // namespace lodger::host
