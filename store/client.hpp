#pragma once

#include <lodger/store/control.hpp>
#include <lodger/store/observer.hpp>
#include <lodger/store/transaction.hpp>
#include <lodger/store/watch.hpp>

namespace lodger::store {

/// XenStore for one domain: what its values are, what changes, and what we say.
///
/// Every call takes a deadline, or uses `default_patience`. Replies are views of the caller's
/// buffer. Values may hold any byte; a path is relative to `/local/domain/N` unless it starts with
/// a slash. Errors are the daemon's (`not_found`, `denied`, ...), `too_large` for what cannot be
/// carried, `timed_out`, `cancelled` or `disconnected`. Source: docs/misc/xenstore.txt.
template <Hypervisor H>
class Client {
public:
    /// The daemon may hold a request back for up to 20 s until others have read the events that it
    /// caused, so a caller that gave no deadline waits a little longer than that.
    static constexpr Duration default_patience = std::chrono::seconds{25};

    /// @param page the page of `store_mfn`, `port` its event channel, as the domain was given them
    Client(H& hypervisor, Page& page, Port port) : connection_{hypervisor, page, port} {}

    /// Starts the connection. Call once, before anything else.
    Result<> start() { return connection_.start(patience()); }

    H& hypervisor() const { return connection_.hypervisor(); }
    Connection<H>& connection() { return connection_; }
    Deadline patience() const { return after(hypervisor(), default_patience); }

    /// Everything that can be done to paths, outside any transaction (store/operations.hpp). The
    /// calls below are the common ones.
    Operations<H> operations() { return {connection_, 0}; }

    /// What only a privileged domain may ask.
    Control<H> control() { return Control<H>{connection_}; }

    Result<std::string_view> read(Path path, std::span<char> buffer, Deadline deadline)
    {
        return operations().read(path, buffer, deadline);
    }
    Result<std::string_view> read(Path path, std::span<char> buffer)
    {
        return read(path, buffer, patience());
    }
    template <Value T>
    Result<T> read(Path path, Deadline deadline)
    {
        return operations().template read<T>(path, deadline);
    }
    template <Value T>
    Result<T> read(Path path)
    {
        return read<T>(path, patience());
    }
    template <class Each>
    Result<> read_each(std::span<Path const> paths, Deadline deadline, Each each)
    {
        return operations().read_each(paths, deadline, each);
    }
    Result<bool> exists(Path path) { return operations().exists(path, patience()); }

    template <class T>
    Result<> write(Path path, T const& value, Deadline deadline)
    {
        return operations().write(path, value, deadline);
    }
    template <class T>
    Result<> write(Path path, T const& value)
    {
        return write(path, value, patience());
    }

    Result<Names> directory(Path path, std::span<char> buffer, Deadline deadline)
    {
        return operations().directory(path, buffer, deadline);
    }
    Result<Names> directory(Path path, std::span<char> buffer)
    {
        return directory(path, buffer, patience());
    }
    Result<NameList> list(Path path) { return operations().list(path, patience()); }

    Result<> mkdir(Path path) { return operations().mkdir(path, patience()); }
    Result<> rm(Path path) { return operations().rm(path, patience()); }

    Result<Permissions> permissions(Path path)
    {
        return operations().permissions(path, patience());
    }
    Result<> set_permissions(Path path, Permissions const& permissions)
    {
        return operations().set_permissions(path, permissions, patience());
    }

    /// The absolute path of a domain's own directory.
    Result<std::string_view> domain_path(Domain domain, std::span<char> buffer)
    {
        using namespace std::literals;
        auto const number = Codec<Domain>::format(domain);
        auto const path = LODGER_TRY(connection_.call(
            {.type = Type::get_domain_path, .pieces = {number, "\0"sv}}, buffer, patience()));
        return path.substr(0, path.find('\0'));
    }

    /// The features that the daemon supports for this domain, as a bit set
    /// (docs/misc/xenstore-ring.txt); `not_implemented` before Xen 4.21.
    Result<std::uint32_t> features()
    {
        std::array<char, 16> buffer;
        auto const reply =
            LODGER_TRY(connection_.call({.type = Type::get_feature}, buffer, patience()));
        return parse<std::uint32_t>(reply.substr(0, reply.find('\0')));
    }

    /// Watches a path and everything below it.
    Result<Watch<H>> watch(Path path, Deadline deadline)
    {
        return Watch<H>::create(connection_, path, std::nullopt, deadline);
    }
    Result<Watch<H>> watch(Path path) { return watch(path, patience()); }
    /// Watches a path and so many levels below it.
    Result<Watch<H>> watch_depth(Path path, std::uint32_t depth, Deadline deadline)
    {
        return Watch<H>::create(connection_, path, depth, deadline);
    }

    /// Has the daemon forget every watch and transaction of this domain, such as those of a system
    /// that ran in it before. Call it before there are watches of our own.
    Result<> reset_watches()
    {
        using namespace std::literals;
        LODGER_TRY(
            connection_.call({.type = Type::reset_watches, .pieces = {"\0"sv}}, {}, patience()));
        return {};
    }

    /// Waits until `holds(Observer<H>&)`, a condition on what it reads through the observer and a
    /// `Result<bool>`, is true. Exactly the paths that it reads are watched.
    template <class Condition>
    Result<> wait_until(Condition holds, Deadline deadline)
    {
        Observer<H> observer{connection_, deadline};
        return observer.wait_until(holds);
    }

    /// Runs `body(Operations<H>&)`, whose result is a `Result`, in a transaction: all of what it
    /// read is one snapshot, and all of what it wrote appears at once or not at all. When somebody
    /// else changed what it read, it is run again, up to `most_attempts` times, later each time;
    /// when it returns an error the transaction is thrown away. None is left open either way.
    template <class Body>
    auto transaction(Body body, Deadline deadline)
    {
        return run_transaction(connection_, body, deadline);
    }
    template <class Body>
    auto transaction(Body body)
    {
        return transaction(body, patience());
    }

private:
    Connection<H> connection_;
};

} // namespace lodger::store
