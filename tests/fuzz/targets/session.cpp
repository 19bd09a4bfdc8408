#include <lodger/store/session.hpp>
#include <lodger/tests/fuzz/input.hpp>

#include <map>
#include <vector>

using namespace lodger;
using store::Session;

// The session, given any bytes for a daemon's, between whatever a client may do: each request ends
// once, within its buffer, and what goes out are whole messages.

namespace {

class Run {
public:
    explicit Run(fuzz::Input& input)
        : input_{input},
          is_honest_{input.take<std::uint8_t>() % 2 == 0}
    {
    }

    void step()
    {
        switch (input_.take<std::uint8_t>() % 9) {
        case 0:
        case 1: return submit();
        case 2: return send();
        case 3:
            if (!is_honest_)
                receive(input_.take_text());
            return;
        case 4: return receive_reply();
        case 5: return collect();
        case 6: return add_watch();
        case 7:
            if (!watches_.empty())
                retire_watch();
            return;
        case 8:
            if (input_.take<std::uint8_t>() == 0)
                fail();
            return;
        }
    }

    ~Run()
    {
        while (!watches_.empty())
            retire_watch();
        session_.fail(Errc::disconnected);
        for (auto const& [ticket, buffer] : tickets_) {
            fuzz::require(session_.is_done(ticket));
            finish(ticket, buffer);
        }
    }

private:
    using Buffer = std::vector<char>;

    void submit()
    {
        static constexpr std::string_view text = "0123456789012345678901234567890123456789";
        store::Request request{
            .type = static_cast<store::Type>(input_.take<std::uint8_t>() % 27),
            .transaction = input_.take<std::uint8_t>(),
            .pieces = {text.substr(0, input_.up_to(40)), text.substr(0, input_.up_to(40))}};
        if (input_.take<std::uint8_t>() == 0)
            request.pieces[5] = long_text_;
        Buffer buffer(input_.up_to(300));
        auto const ticket = session_.submit(request, buffer);
        if (request.payload_size() > store::most_payload)
            fuzz::require(ticket.error() == Errc::too_large);
        if (!ticket)
            return;
        bool const is_new = tickets_.emplace(*ticket, std::move(buffer)).second;
        fuzz::require(is_new && tickets_.size() <= store::most_requests);
    }

    /// Takes part of what goes out, and checks the whole messages in it.
    void send()
    {
        auto const outgoing = session_.outgoing();
        std::size_t const count = input_.up_to(outgoing.size());
        sent_.append(outgoing.data(), count);
        session_.sent(count);
        store::Header header;
        while (sent_.size() >= sizeof header) {
            std::memcpy(&header, sent_.data(), sizeof header);
            fuzz::require(header.len <= store::most_payload);
            if (sent_.size() < sizeof header + header.len)
                return;
            asked_.push_back(header);
            sent_.erase(0, sizeof header + header.len);
        }
    }

    void receive(std::string_view bytes)
    {
        while (!bytes.empty()) {
            auto const wanted = session_.incoming();
            fuzz::require(!wanted.empty());
            auto const piece = bytes.substr(0, wanted.size());
            piece.copy(wanted.data(), piece.size());
            if (!session_.received(piece.size()))
                return fail();
            bytes.remove_prefix(piece.size());
        }
    }

    /// Something that looks like the reply to a request that was sent, or like an event.
    void receive_reply()
    {
        auto const how = input_.take<std::uint8_t>();
        std::string payload{input_.take_text()};
        store::Header header{XS_WATCH_EVENT, 0, 0, 0};
        if (how % 4 != 0 && !asked_.empty())
            header = asked_[input_.up_to(asked_.size() - 1)];
        else if (!watches_.empty())
            payload = std::string{watches_.front()->path()} + '\0' +
                      std::string{watches_.front()->token()} + '\0';
        if (how % 8 == 1)
            header.type = XS_ERROR;
        header.len = static_cast<std::uint32_t>(payload.size());
        if (header.type != XS_WATCH_EVENT)
            replies_.try_emplace(header.req_id, header.type, payload);
        receive({reinterpret_cast<char const*>(&header), sizeof header});
        receive(payload);
    }

    void collect()
    {
        if (tickets_.empty())
            return;
        auto const at = std::next(
            tickets_.begin(), static_cast<std::ptrdiff_t>(input_.up_to(tickets_.size() - 1)));
        if (session_.is_done(at->first))
            finish(at->first, at->second);
        else
            session_.abandon(at->first);
        tickets_.erase(at);
    }

    void finish(Session::Ticket ticket, Buffer const& buffer)
    {
        auto const reply = session_.collect(ticket);
        if (reply && !buffer.empty())
            fuzz::require(reply->data() == buffer.data() && reply->size() <= buffer.size());
        if (!is_honest_ || (!reply && reply.error() == Errc::disconnected) || has_failed_)
            return;
        // The first reply to it counts, whole or not at all, and nothing else does.
        fuzz::require(replies_.contains(ticket));
        auto const& [type, payload] = replies_[ticket];
        if (type == XS_ERROR)
            fuzz::require(!reply);
        else if (payload.size() > buffer.size() && !buffer.empty())
            fuzz::require(!reply);
        else if (reply && !buffer.empty())
            fuzz::require(*reply == payload);
    }

    void add_watch()
    {
        auto& watches = session_.watches();
        auto state = store::WatchState::create("data/watched", watches.next_number(), std::nullopt);
        if (watches_.size() == 50 || !state)
            return;
        watches.add(**state);
        watches_.push_back(std::move(*state));
    }

    void retire_watch()
    {
        auto& watch = watches_[input_.up_to(watches_.size() - 1)];
        std::array<char, store::longest_absolute_path> buffer;
        for (std::size_t events = 0; !watch->empty(); ++events) {
            fuzz::require(events <= store::WatchState::most_bytes);
            static_cast<void>(watch->pop(buffer));
        }
        std::swap(watch, watches_.back());
        session_.watches().retire(std::move(watches_.back()));
        watches_.pop_back();
    }

    void fail()
    {
        has_failed_ = true;
        session_.fail(Errc::protocol);
        session_.restart();
        sent_.clear();
        asked_.clear();
        for (auto const& [ticket, buffer] : tickets_)
            fuzz::require(session_.is_done(ticket));
    }

    fuzz::Input& input_;
    bool is_honest_; ///< whether the daemon sends whole messages only
    bool has_failed_ = false;
    std::map<Session::Ticket, std::pair<std::uint32_t, std::string>> replies_;
    std::string long_text_ = std::string(store::most_payload - 20, 'x');
    std::string sent_;
    std::vector<store::Header> asked_;
    std::map<Session::Ticket, Buffer> tickets_;
    std::vector<std::unique_ptr<store::WatchState>> watches_;
    Session session_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    Run run{input};
    while (!input.empty())
        run.step();
    return 0;
}
