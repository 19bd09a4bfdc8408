#pragma once

#include <lodger/core/text.hpp>
#include <lodger/store/connection.hpp>

namespace lodger::store {

/// The names in a DIRECTORY reply: a range of `std::string_view`.
class Names {
public:
    /// @param list names, each ending in a NUL
    explicit Names(std::string_view list) : list_{list} {}

    class Iterator {
    public:
        explicit Iterator(std::string_view rest) : rest_{rest} {}
        std::string_view operator*() const { return rest_.substr(0, rest_.find('\0')); }
        Iterator& operator++()
        {
            std::size_t const end = rest_.find('\0');
            rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
            return *this;
        }
        bool operator==(Iterator const& other) const { return rest_.size() == other.rest_.size(); }

    private:
        std::string_view rest_;
    };

    Iterator begin() const { return Iterator{list_}; }
    Iterator end() const { return Iterator{list_.substr(list_.size())}; }
    bool empty() const { return list_.empty(); }

private:
    std::string_view list_;
};

/// What can be done inside a transaction and outside one, in the same words.
template <Hypervisor H>
class Operations {
public:
    Operations(Connection<H>& connection, std::uint32_t transaction)
        : connection_{&connection},
          transaction_{transaction}
    {
    }

    Result<std::string_view> read(Path path, std::span<char> buffer, Deadline deadline)
    {
        return connection_->call(LODGER_TRY(request(Type::read, path)), buffer, deadline);
    }

    template <std::integral Integer>
    Result<Integer> read(Path path, Deadline deadline)
    {
        std::array<char, 24> buffer;
        return parse<Integer>(LODGER_TRY(read(path, buffer, deadline)));
    }

    template <class Each>
    Result<> read_each(std::span<Path const> paths, Deadline deadline, Each each)
    {
        std::array<Session::Ticket, most_requests> tickets;
        std::array<std::array<char, 64>, most_requests> buffers;
        if (paths.size() > most_requests)
            return Failure{Errc::invalid_argument};
        std::size_t begun = 0;
        Result<> outcome;
        for (; begun < paths.size() && outcome; ++begun) {
            auto const ticket = begin_read(paths[begun], buffers[begun], deadline);
            if (!ticket) {
                outcome = Failure{ticket.error()};
                break;
            }
            tickets[begun] = *ticket;
        }
        // Every request begun is ended, whatever happened to the others: it points to our buffers.
        for (std::size_t i = 0; i < begun; ++i) {
            Result<> const seen = each(i, connection_->finish(tickets[i], deadline));
            if (outcome && !seen)
                outcome = seen;
        }
        return outcome;
    }

    Result<> write(Path path, std::string_view value, Deadline deadline)
    {
        Request message = LODGER_TRY(request(Type::write, path));
        message.pieces[4] = value;
        return perform(message, deadline);
    }

    Result<Names> directory(Path path, std::span<char> buffer, Deadline deadline)
    {
        return Names{LODGER_TRY(
            connection_->call(LODGER_TRY(request(Type::directory, path)), buffer, deadline))};
    }

    Result<> mkdir(Path path, Deadline deadline)
    {
        return perform(LODGER_TRY(request(Type::mkdir, path)), deadline);
    }

    Result<> rm(Path path, Deadline deadline)
    {
        return perform(LODGER_TRY(request(Type::rm, path)), deadline);
    }

private:
    Result<Request> request(Type type, Path path) const
    {
        using namespace std::literals;
        LODGER_TRY(path.check());
        return Request{
            type, transaction_, {path.directory(), path.separator(), path.key(), "\0"sv}};
    }

    Result<Session::Ticket> begin_read(Path path, std::span<char> buffer, Deadline deadline)
    {
        return connection_->begin(LODGER_TRY(request(Type::read, path)), buffer, deadline);
    }

    /// For requests whose reply says nothing but OK.
    Result<> perform(Request const& message, Deadline deadline)
    {
        LODGER_TRY(connection_->call(message, {}, deadline));
        return {};
    }

    Connection<H>* connection_;
    std::uint32_t transaction_;
};

} // namespace lodger::store
