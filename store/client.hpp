#pragma once

#include <lodger/store/transaction.hpp>
#include <lodger/store/watch.hpp>

namespace lodger::store {

/// XenStore for one domain: what its values are, what changes, and what we say.
///
/// Every call takes a deadline, or uses `default_patience`. Replies are views of the caller's
/// buffer. Values may hold any byte; a path is relative to `/local/domain/N` unless it starts with
/// a slash. Errors are the daemon's (`not_found`, `denied`, ...), `too_large` for what cannot be
/// carried, `timed_out`, or `disconnected`. Source: docs/misc/xenstore.txt.
template <Hypervisor H>
class Client {
public:
    /// The daemon may hold a request back for up to 20 s until others have read the events that it
    /// caused, so a caller that gave no deadline waits a little longer than that.
    static constexpr Duration default_patience = std::chrono::seconds{25};

    /// @param page the page of `store_mfn`, `port` its event channel, as the domain was given them
    Client(H& hypervisor, Page& page, Port port) : connection_{hypervisor, page, port} {}

    /// Starts the connection. Call once, before anything else.
    Result<> start() { return connection_.start(); }

    H& hypervisor() const { return connection_.hypervisor(); }
    Connection<H>& connection() { return connection_; }

    /// Operations outside any transaction.
    Operations<H> operations() { return {connection_, 0}; }

    Result<std::string_view> read(Path path, std::span<char> buffer)
    {
        return operations().read(path, buffer, patience());
    }
    Result<std::string_view> read(Path path, std::span<char> buffer, Deadline deadline)
    {
        return operations().read(path, buffer, deadline);
    }
    /// Reads a decimal number; `protocol` if the value is not exactly that, or out of range.
    template <std::integral Integer>
    Result<Integer> read(Path path, Deadline deadline)
    {
        return operations().template read<Integer>(path, deadline);
    }
    template <std::integral Integer>
    Result<Integer> read(Path path)
    {
        return read<Integer>(path, patience());
    }

    /// Reads up to 20 values with all requests under way at once: the cost of about one round
    /// trip. They are not one snapshot; use a transaction for that.
    /// @param each receives (index, Result<std::string_view>) in order and returns a `Result<>`;
    /// the view, of at most 64 bytes, is valid in the call only
    /// @return the first error of sending, or of `each`
    template <class Each>
    Result<> read_each(std::span<Path const> paths, Deadline deadline, Each each)
    {
        return operations().read_each(paths, deadline, each);
    }

    Result<> write(Path path, std::string_view value, Deadline deadline)
    {
        return operations().write(path, value, deadline);
    }
    Result<> write(Path path, std::string_view value) { return write(path, value, patience()); }

    /// The names directly below a path, into `buffer`.
    Result<Names> directory(Path path, std::span<char> buffer, Deadline deadline)
    {
        return operations().directory(path, buffer, deadline);
    }
    Result<Names> directory(Path path, std::span<char> buffer)
    {
        return directory(path, buffer, patience());
    }

    /// Makes an empty node; fine if it is there already.
    Result<> mkdir(Path path) { return operations().mkdir(path, patience()); }

    /// Removes a node and everything below it; fine if it is not there, as long as its parent is.
    Result<> rm(Path path) { return operations().rm(path, patience()); }

    /// The absolute path of a domain's own directory.
    Result<std::string_view> domain_path(Domain domain, std::span<char> buffer)
    {
        using namespace std::literals;
        Text<8> number;
        LODGER_TRY(number.append(domain.value));
        auto const path = LODGER_TRY(connection_.call(
            {.type = Type::get_domain_path, .pieces = {number, "\0"sv}}, buffer, patience()));
        return path.substr(0, path.find('\0'));
    }

    /// Watches a path and everything below it.
    Result<Watch<H>> watch(Path path, Deadline deadline)
    {
        return Watch<H>::create(connection_, path, deadline);
    }
    Result<Watch<H>> watch(Path path) { return watch(path, patience()); }

    /// Runs `body(Operations<H>&)`, whose result is a `Result`, in a transaction: all of what it
    /// read is one snapshot, and all of what it wrote appears at once or not at all. When somebody
    /// else changed what it read, it is run again, up to `most_attempts` times; when it returns an
    /// error the transaction is thrown away. No transaction is left open either way.
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

    Deadline patience() const { return after(hypervisor(), default_patience); }

private:
    Connection<H> connection_;
};

} // namespace lodger::store
