#pragma once

#include <lodger/store/batch.hpp>
#include <lodger/store/names.hpp>
#include <lodger/store/permissions.hpp>
#include <lodger/store/value.hpp>

namespace lodger::store {

/// One key and what to write there.
struct Assignment {
    Path path;
    std::string_view value;
};

/// What can be done inside a transaction and outside one, in the same words: paths and what they
/// hold. Every call is one round trip, but for `read_each` and `write_all`, which are about one
/// for all of their keys, and `list`, which takes one for each 4 KiB.
template <Hypervisor H>
class Operations {
public:
    /// @param transaction 0 for none
    Operations(Connection<H>& connection, std::uint32_t transaction)
        : connection_{&connection},
          transaction_{transaction},
          epoch_{connection.epoch()}
    {
    }

    /// Any bytes, into the caller's buffer.
    Result<std::string_view> read(Path path, std::span<char> buffer, Deadline deadline)
    {
        return connection_->call(LODGER_TRY(request(Type::read, path)), buffer, deadline);
    }

    /// A value of a type, parsed strictly; `protocol` if it is not exactly that, or out of range.
    template <Value T>
    Result<T> read(Path path, Deadline deadline)
    {
        std::array<char, 256> buffer;
        auto const text = read(path, buffer, deadline);
        if (!text)
            return Failure{text.error() == Errc::too_large ? Errc::protocol : text.error()};
        return Codec<T>::parse(*text);
    }

    /// Whether a path exists; `denied` if it may not be known.
    Result<bool> exists(Path path, Deadline deadline)
    {
        auto const reply = connection_->call(LODGER_TRY(request(Type::read, path)), {}, deadline);
        if (!reply && reply.error() != Errc::not_found)
            return Failure{reply.error()};
        return reply.has_value();
    }

    /// Reads any number of values with as many requests under way as the daemon allows.
    /// @param each receives (index, Result<std::string_view>) in order and returns a `Result<>`;
    /// the view, of at most 64 bytes, is valid in the call only
    /// @return the first error of sending, or of `each`; reading ends there
    template <class Each>
    Result<> read_each(std::span<Path const> paths, Deadline deadline, Each each)
    {
        std::array<std::array<char, 64>, most_requests> buffers;
        Batch<H> batch{*connection_};
        for (std::size_t begun = 0, taken = 0; taken < paths.size(); ++taken) {
            for (; begun < paths.size() && !batch.is_full(); ++begun)
                LODGER_TRY(
                    begin_read(batch, paths[begun], buffers[begun % most_requests], deadline));
            LODGER_TRY(each(taken, batch.finish(deadline)));
        }
        return {};
    }

    Result<> write(Path path, std::string_view value, Deadline deadline)
    {
        return perform(LODGER_TRY(write_request(path, value)), deadline);
    }

    template <Value T>
        requires(!std::convertible_to<T const&, std::string_view>)
    Result<> write(Path path, T const& value, Deadline deadline)
    {
        return write(path, Codec<T>::format(value).view(), deadline);
    }

    /// Writes any number of values with as many requests under way as the daemon allows.
    /// @return the first error; the others may have been written
    Result<> write_all(std::span<Assignment const> assignments, Deadline deadline)
    {
        Batch<H> batch{*connection_};
        for (Assignment const& assignment : assignments) {
            if (batch.is_full())
                LODGER_TRY(batch.finish(deadline));
            LODGER_TRY(begin_write(batch, assignment.path, assignment.value, deadline));
        }
        return batch.finish_all(deadline);
    }

    /// Adds a read or a write to a batch; what it points to must live until it is finished.
    Result<> begin_read(Batch<H>& batch, Path path, std::span<char> buffer, Deadline deadline)
    {
        return batch.begin(LODGER_TRY(request(Type::read, path)), buffer, deadline);
    }
    Result<> begin_write(Batch<H>& batch, Path path, std::string_view value, Deadline deadline)
    {
        return batch.begin(LODGER_TRY(write_request(path, value)), {}, deadline);
    }

    /// The names directly below a path; `too_large` if they are more than `buffer` or one message
    /// (4096 bytes) holds, and then `list` reads them.
    Result<Names> directory(Path path, std::span<char> buffer, Deadline deadline)
    {
        return Names{LODGER_TRY(
            connection_->call(LODGER_TRY(request(Type::directory, path)), buffer, deadline))};
    }

    /// The names directly below a path, however many, as they were at one time.
    /// @return `again` if they kept changing, `not_implemented` if there are more than one message
    /// holds and the daemon has no DIRECTORY_PART
    Result<NameList> list(Path path, Deadline deadline)
    {
        constexpr int most_restarts = 16;
        std::array<char, most_payload> buffer;
        NameList names;
        auto const whole =
            connection_->call(LODGER_TRY(request(Type::directory, path)), buffer, deadline);
        if (whole) {
            LODGER_TRY(names.append(*whole));
            return names;
        }
        if (whole.error() != Errc::too_large)
            return Failure{whole.error()};
        Text<24> generation;
        for (int restarts = 0; restarts < most_restarts;) {
            auto const part = LODGER_TRY(DirectoryPart::parse(
                LODGER_TRY(directory_part(path, names.size(), buffer, deadline))));
            if (!names.empty() && part.generation != generation.view()) {
                names.clear(); // Somebody changed it: what we have no longer fits what follows.
                ++restarts;
                continue;
            }
            generation = LODGER_TRY(Text<24>::of(part.generation));
            LODGER_TRY(names.append(part.names));
            if (part.is_last)
                return names;
        }
        return Failure{Errc::again};
    }

    /// Makes an empty node and its parents; fine if it is there already.
    Result<> mkdir(Path path, Deadline deadline)
    {
        return perform(LODGER_TRY(request(Type::mkdir, path)), deadline);
    }

    /// Removes a node and everything below it; fine if it is not there, as long as its parent is.
    Result<> rm(Path path, Deadline deadline)
    {
        return perform(LODGER_TRY(request(Type::rm, path)), deadline);
    }

    Result<Permissions> permissions(Path path, Deadline deadline)
    {
        std::array<char, Permissions::Payload::capacity> buffer;
        return Permissions::parse(LODGER_TRY(
            connection_->call(LODGER_TRY(request(Type::get_perms, path)), buffer, deadline)));
    }

    /// Only a node's owner may set them. XenStore is readable by other domains unless told
    /// otherwise, so it is no place for secrets.
    Result<> set_permissions(Path path, Permissions const& permissions, Deadline deadline)
    {
        auto const list = LODGER_TRY(permissions.payload());
        Request message = LODGER_TRY(request(Type::set_perms, path));
        message.pieces[4] = list;
        return perform(message, deadline);
    }

private:
    Result<Request> request(Type type, Path path) const
    {
        using namespace std::literals;
        LODGER_TRY(path.check());
        // A transaction does not outlive the connection in which it was begun.
        if (transaction_ != 0 && epoch_ != connection_->epoch())
            return Failure{Errc::disconnected};
        return Request{
            type, transaction_, {path.directory(), path.separator(), path.key(), "\0"sv}};
    }

    Result<Request> write_request(Path path, std::string_view value) const
    {
        Request message = LODGER_TRY(request(Type::write, path));
        message.pieces[4] = value;
        return message;
    }

    /// For requests whose reply says nothing but OK.
    Result<> perform(Request const& message, Deadline deadline)
    {
        LODGER_TRY(connection_->call(message, {}, deadline));
        return {};
    }

    Result<std::string_view>
    directory_part(Path path, std::size_t offset, std::span<char> buffer, Deadline deadline)
    {
        using namespace std::literals;
        auto const number = Codec<std::size_t>::format(offset);
        Request message = LODGER_TRY(request(Type::directory_part, path));
        message.pieces[4] = number;
        message.pieces[5] = "\0"sv;
        return connection_->call(message, buffer, deadline);
    }

    Connection<H>* connection_;
    std::uint32_t transaction_;
    std::uint32_t epoch_;
};

} // namespace lodger::store
