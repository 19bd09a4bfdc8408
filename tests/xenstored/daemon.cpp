#include <lodger/store/wire.hpp>
#include <lodger/tests/xenstored/daemon.hpp>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace lodger::host {
namespace {

using namespace std::literals;

std::vector<std::string> command()
{
    char const* const words = std::getenv("XENSTORED");
    if (!words)
        throw std::runtime_error{"XENSTORED is not set: run this with make"};
    std::istringstream split{words};
    std::vector<std::string> command;
    for (std::string word; split >> word;)
        command.push_back(word);
    command.push_back("--no-fork");
    return command;
}

[[noreturn]] void become_daemon(std::string const& folder, int ready, char* const* arguments)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("XS_SHIM", folder.c_str(), 1);
    setenv("XENSTORED_RUNDIR", folder.c_str(), 1);
    setenv("XS_SHIM_READY", std::to_string(ready).c_str(), 1);
    execv(arguments[0], arguments);
    _exit(127);
}

bool send_all(int socket, std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool receive_all(int socket, void* to, std::size_t size)
{
    return size == 0 || recv(socket, to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

} // namespace

Daemon::Daemon(std::string folder) : folder_{std::move(folder)}
{
    start();
}

Daemon::~Daemon()
{
    kill();
}

void Daemon::start()
{
    unlink((folder_ + "/socket").c_str());
    auto words = command();
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int ready[2];
    if (pipe(ready) != 0)
        throw std::runtime_error{"pipe"};
    child_ = fork();
    if (child_ == 0)
        become_daemon(folder_, ready[1], arguments.data());
    close(ready[1]);
    char byte;
    bool const listens = ::read(ready[0], &byte, 1) == 1; // Nothing comes if it dies instead.
    close(ready[0]);
    if (!listens)
        throw std::runtime_error{"xenstored does not start"};
    connect();
}

void Daemon::connect()
{
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (folder_ + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval const patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"xenstored refuses the connection"};
}

void Daemon::kill()
{
    if (child_ <= 0)
        return;
    ::kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = 0;
    close(socket_);
}

void Daemon::pause()
{
    ::kill(child_, SIGSTOP);
    waitpid(child_, nullptr, WUNTRACED); // It has stopped when this returns.
}

void Daemon::resume()
{
    ::kill(child_, SIGCONT);
}

Result<std::string> Daemon::request(std::uint32_t type, std::string_view payload)
{
    store::Header header{type, 1, 0, static_cast<std::uint32_t>(payload.size())};
    std::string message{reinterpret_cast<char const*>(&header), sizeof header};
    message += payload;
    if (!send_all(socket_, message) || !receive_all(socket_, &header, sizeof header))
        return Failure{Errc::disconnected};
    std::string reply(header.len, '\0');
    if (!receive_all(socket_, reply.data(), reply.size()))
        return Failure{Errc::disconnected};
    if (header.type == XS_ERROR)
        return Failure{store::errc_of_error(reply.c_str())};
    return reply;
}

void Daemon::must(std::uint32_t type, std::string_view payload)
{
    if (auto const done = request(type, payload); !done)
        throw std::runtime_error{
            "dom0 cannot set up " + std::string{payload.data()} + ": " +
            std::string{describe(done.error())}};
}

void Daemon::write(std::string_view path, std::string_view value)
{
    must(XS_WRITE, std::string{path} + '\0' + std::string{value});
}

void Daemon::rm(std::string_view path)
{
    must(XS_RM, std::string{path} + '\0');
}

void Daemon::permit(std::string_view path, std::string_view permissions)
{
    must(XS_SET_PERMS, std::string{path} + '\0' + std::string{permissions});
}

Result<std::string> Daemon::read(std::string_view path)
{
    return request(XS_READ, std::string{path} + '\0');
}

void Daemon::introduce(Domain domain, Port port)
{
    std::string const id = std::to_string(domain.value);
    std::string const home = "/local/domain/" + id;
    auto const own = "n"s + id + '\0';
    auto const read_only = "n0\0r"s + id + '\0';
    // As libxl makes them (tools/libs/light/libxl_create.c): the home is the toolstack's, some
    // nodes in it are the guest's.
    write(home, "");
    permit(home, read_only);
    for (char const* const node :
         {"/vm", "/name", "/domid", "/cpu", "/memory", "/device", "/control"}) {
        write(home + node, node == "/domid"sv ? id : "");
        permit(home + node, read_only);
    }
    for (char const* const node :
         {"/data", "/error", "/drivers", "/feature", "/attr", "/control/shutdown"}) {
        write(home + node, "");
        permit(home + node, own);
    }
    must(XS_INTRODUCE, id + '\0' + "1\0"s + std::to_string(port.value) + '\0');
}

void Daemon::release(Domain domain)
{
    must(XS_RELEASE, std::to_string(domain.value) + '\0');
}

} // namespace lodger::host
