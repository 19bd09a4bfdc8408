#pragma once

#include <lodger/core/ids.hpp>
#include <lodger/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace lodger::host {

/// Debian's C xenstored as a child of this process, and dom0's connection to it over its Unix
/// socket. It is found through the environment: `XENSTORED`, the words that run it, up to its own
/// arguments.
class Daemon {
public:
    /// @param folder where it keeps its sockets and finds the domains' pages; see shim.c
    explicit Daemon(std::string folder);
    Daemon(Daemon const&) = delete;
    Daemon& operator=(Daemon const&) = delete;
    ~Daemon();

    /// Starts it, and returns when it listens. Throws if it does not.
    void start();
    /// Ends it at once, in the middle of whatever it does.
    void kill();
    /// Has it do nothing, or go on.
    void pause();
    void resume();

    /// A request of dom0's, who may do everything. Blocks the process.
    /// @param type as in xs_wire.h
    Result<std::string> request(std::uint32_t type, std::string_view payload);

    // The requests that setting up takes; they throw if they fail.
    void write(std::string_view path, std::string_view value);
    void rm(std::string_view path);
    /// @param permissions such as "n0\0r5\0"
    void permit(std::string_view path, std::string_view permissions);
    Result<std::string> read(std::string_view path);
    void introduce(Domain domain, Port port);
    void release(Domain domain);

private:
    void connect();
    void must(std::uint32_t type, std::string_view payload);

    std::string folder_;
    pid_t child_ = 0;
    int socket_ = -1;
};

} // namespace lodger::host
