#pragma once

#include <lodger/store/decoder.hpp>
#include <lodger/store/request.hpp>
#include <lodger/store/watches.hpp>

#include <cassert>
#include <utility>

namespace lodger::store {

/// The XenStore protocol from a client's side, without its transport: requests and their replies,
/// many in flight, matched by `req_id`; watch events, matched by token. Peer: the daemon, which may
/// answer in any order, or with anything at all.
/// Source: docs/misc/xenstore.txt, xen/include/public/io/xs_wire.h.
class Session {
public:
    /// Names a request from `submit` to `collect` or `abandon`.
    using Ticket = std::uint32_t;

    Session() = default;
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    /// Queues a request.
    /// @param reply where the reply's payload will go; empty if nobody wants it
    /// @return `busy` while as many are in flight as the daemon allows, `too_large` for a payload
    /// over 4096 bytes: neither has sent anything
    Result<Ticket> submit(Request const& request, std::span<char> reply)
    {
        if (request.payload_size() > most_payload)
            return Failure{Errc::too_large};
        for (std::uint32_t index = 0; index < calls_.size(); ++index) {
            if (calls_[index].stage == Stage::free)
                return enqueue(index, request, reply);
        }
        return Failure{Errc::busy};
    }

    /// Whether one more request can be submitted.
    bool has_vacancy() const
    {
        return std::ranges::find(calls_, Stage::free, &Call::stage) != calls_.end();
    }

    bool is_done(Ticket ticket) const { return call(ticket).stage == Stage::done; }

    /// The reply to a request that is done, as a view of its reply buffer.
    /// @return what the daemon said, or `too_large` if the reply did not fit the buffer, or
    /// `protocol` if it was of another type than the request
    Result<std::string_view> collect(Ticket ticket)
    {
        Call& done = call(ticket);
        assert(done.stage == Stage::done);
        done.stage = Stage::free;
        if (done.error)
            return Failure{*done.error};
        return std::string_view{done.reply.data(), done.reply_size};
    }

    /// The caller waits no longer: a request not yet sent is dropped, the reply to one that was
    /// sent is discarded when it comes. No transaction is left open by that.
    void abandon(Ticket ticket)
    {
        Call& left = call(ticket);
        left.reply = {};
        if (left.stage == Stage::sent) {
            left.is_nobodys = true;
            return;
        }
        if (left.stage == Stage::queued && left.request.type == Type::transaction_end)
            throw_away(left.request.transaction);
        left.stage = Stage::free;
    }

    /// Ends a transaction that nobody will commit, without anybody waiting for that.
    void throw_away(std::uint32_t transaction)
    {
        // More than these only a privileged domain can have open: for any other there is a quota,
        // of 10 ("transaction", tools/xenstore).
        if (thrown_away_ < to_throw_away_.size())
            to_throw_away_[thrown_away_++] = transaction;
    }

    /// Whether the daemon has to be told something that nobody waits for.
    bool owes() const { return watches_.retiring() || watches_.owed() || thrown_away_ > 0; }

    /// Whether watches are being registered again.
    bool is_registering() const
    {
        return watches_.owed() || std::ranges::any_of(calls_, [](Call const& call) {
                   return is_under_way(call) && call.watch != 0;
               });
    }

    /// The next bytes for the daemon, empty if there are none; say with `sent` how many went.
    std::span<char const> outgoing()
    {
        if (!is_mid_message())
            stage_next();
        return begun();
    }
    /// The same, but only the rest of a message that has begun.
    std::span<char const> begun() const
    {
        return std::span{staging_}.subspan(staged_, staged_end_ - staged_);
    }
    bool is_mid_message() const { return staged_ != staged_end_; }
    void sent(std::size_t count) { staged_ += count; }

    /// Where the daemon's next bytes belong, never empty; say with `received` how many came.
    std::span<char> incoming() { return decoder_.wanted(); }

    /// @return `protocol` if the stream has lost its meaning; then call `fail`
    Result<> received(std::size_t count)
    {
        if (auto const message = LODGER_TRY(decoder_.took(count)))
            dispatch(*message);
        return {};
    }

    /// Completes everything in flight with `error`: nothing waits for a daemon that is gone.
    void fail(Errc error)
    {
        for (Call& waiting : calls_) {
            if (is_under_way(waiting))
                finish(waiting, error);
        }
        staged_ = staged_end_ = 0;
    }

    /// Forgets what was half sent and half received, for a ring that begins anew, and transactions,
    /// of which the daemon knows nothing any more. Watches are registered again.
    void restart()
    {
        watches_.owe_all();
        staged_ = staged_end_ = thrown_away_ = 0;
        decoder_ = {};
    }

    /// Begins anew with another daemon, which knows nothing of us, on a ring of its own: what was
    /// sent and not answered is sent again, in its order. What belongs to a transaction fails as
    /// `disconnected`, and watches that ended need not be taken back.
    void move()
    {
        restart();
        while (watches_.retiring())
            watches_.take_retiring();
        for (Call& waiting : calls_) {
            if (!is_under_way(waiting))
                continue;
            if (waiting.is_nobodys || belongs_to_transaction(waiting.request))
                finish(waiting, Errc::disconnected);
            else
                waiting.stage = Stage::queued;
        }
    }

    Watches& watches() { return watches_; }

private:
    enum class Stage : std::uint8_t { free, queued, sent, done };

    struct Call {
        Stage stage = Stage::free;
        bool is_nobodys = false; ///< no caller will collect it
        std::uint32_t id = 0;
        Request request{};
        std::span<char> reply{};
        std::size_t reply_size = 0;
        std::optional<Errc> error{};
        std::unique_ptr<WatchState> unwatching{};
        std::uint32_t watch = 0; ///< the number of the one that this registers again
    };

    // An id holds the call's index in its low bits and counts above them, so that a late reply to
    // a request long gone is not taken for one to its successor.
    static constexpr std::uint32_t index_bits = 5;
    static constexpr std::uint32_t index_mask = (1u << index_bits) - 1;
    static_assert(most_requests <= index_mask);

    static bool belongs_to_transaction(Request const& request)
    {
        return request.transaction != 0 || request.type == Type::transaction_start;
    }
    static bool is_under_way(Call const& call)
    {
        return call.stage != Stage::free && call.stage != Stage::done;
    }

    Call& call(Ticket ticket) { return calls_[ticket & index_mask]; }
    Call const& call(Ticket ticket) const { return calls_[ticket & index_mask]; }

    Ticket enqueue(std::uint32_t index, Request const& request, std::span<char> reply)
    {
        Call& next = calls_[index];
        next.stage = Stage::queued;
        next.is_nobodys = false;
        next.watch = 0;
        next.id = (++generation_ << index_bits) | index;
        next.request = request;
        next.reply = reply;
        next.reply_size = 0;
        next.error.reset();
        return next.id;
    }

    /// Copies the oldest queued request, whole, to where it is sent from: so a message once begun
    /// is always finished, even when its caller has left meanwhile.
    void stage_next()
    {
        if (owes()) [[unlikely]]
            submit_owed();
        Call* oldest = nullptr;
        for (Call& candidate : calls_) {
            if (candidate.stage == Stage::queued &&
                (!oldest || static_cast<std::int32_t>(candidate.id - oldest->id) < 0))
                oldest = &candidate;
        }
        staged_ = staged_end_ = 0;
        if (!oldest)
            return;
        Request const& request = oldest->request;
        stage(Header{
            static_cast<std::uint32_t>(request.type), oldest->id, request.transaction,
            static_cast<std::uint32_t>(request.payload_size())});
        for (std::string_view const piece : request.pieces)
            stage(piece);
        oldest->stage = Stage::sent;
    }

    void stage(Header const& header)
    {
        stage(std::string_view{reinterpret_cast<char const*>(&header), sizeof header});
    }

    void stage(std::string_view bytes)
    {
        bytes.copy(staging_.data() + staged_end_, bytes.size());
        staged_end_ += bytes.size();
    }

    /// The next of what nobody waits for; there must be something.
    Request owed() const
    {
        using namespace std::literals;
        WatchState const* const retiring = watches_.retiring();
        if (WatchState const* const state = retiring ? retiring : watches_.owed())
            return watch_request(retiring ? Type::unwatch : Type::watch, state->identity());
        return {
            .type = Type::transaction_end,
            .transaction = to_throw_away_[thrown_away_ - 1],
            .pieces = {"F\0"sv}};
    }

    /// While all requests are in use this does nothing; the next one that ends brings us back.
    [[gnu::cold]] void submit_owed()
    {
        while (owes()) {
            auto const ticket = submit(owed(), {});
            if (!ticket)
                return;
            Call& own = call(*ticket);
            own.is_nobodys = true;
            switch (own.request.type) {
            case Type::unwatch: own.unwatching = watches_.take_retiring(); break;
            case Type::watch: own.watch = watches_.take_owed(); break;
            default: --thrown_away_;
            }
        }
    }

    void dispatch(Message const& message)
    {
        if (message.header.type == XS_WATCH_EVENT)
            return watches_.deliver(message.payload);
        std::uint32_t const id = message.header.req_id;
        if ((id & index_mask) >= calls_.size())
            return;
        Call& answered = call(id);
        if (answered.id != id || answered.stage != Stage::sent)
            return; // Nobody asked: a dirty page, or a reply to a domain before us.
        auto const error = take_reply(answered, message);
        if (answered.is_nobodys) [[unlikely]]
            look_after(answered, message, error);
        finish(answered, error);
    }

    /// What is to be done about a reply that nobody waits for.
    [[gnu::cold]] void
    look_after(Call const& answered, Message const& message, std::optional<Errc> error)
    {
        // A transaction that was opened for a caller who has left is not to stay open.
        if (answered.request.type == Type::transaction_start && !error) {
            auto const id =
                parse<std::uint32_t>(message.payload.substr(0, message.payload.find('\0')));
            if (id)
                throw_away(*id);
        }
        // `exists`: it was being registered for the first time, and that was sent again.
        if (answered.watch != 0 && error && error != Errc::exists)
            watches_.refuse(answered.watch, *error);
    }

    static std::optional<Errc> take_reply(Call& answered, Message const& message)
    {
        if (message.header.type == XS_ERROR)
            return errc_of_error(message.payload.substr(0, message.payload.find('\0')));
        if (message.header.type != static_cast<std::uint32_t>(answered.request.type))
            return Errc::protocol;
        if (answered.reply.empty())
            return {};
        if (message.payload.size() > answered.reply.size())
            return Errc::too_large;
        answered.reply_size = message.payload.copy(answered.reply.data(), answered.reply.size());
        return {};
    }

    static void finish(Call& ended, std::optional<Errc> error)
    {
        ended.error = error;
        ended.stage = ended.is_nobodys ? Stage::free : Stage::done;
        ended.unwatching.reset();
    }

    std::array<Call, most_requests> calls_{};
    std::array<char, sizeof(Header) + most_payload> staging_;
    std::size_t staged_ = 0;
    std::size_t staged_end_ = 0;
    Decoder decoder_;
    Watches watches_;
    std::array<std::uint32_t, most_requests> to_throw_away_{}; ///< transactions; the first of these
    std::size_t thrown_away_ = 0;
    std::uint32_t generation_ = 0;
};

} // namespace lodger::store
