#pragma once

#include <lodger/store/abi.hpp>
#include <lodger/tests/fuzz/memory.hpp>

#include <string>

namespace lodger::fuzz {

/// A XenStore daemon whose replies have the right form and whatever content the input says, so
/// that the fuzzer gets past the framing. Its own indices are as they should be; what others do to
/// the page is not its business.
class StorePeer {
public:
    /// @param is_disturbed whether somebody else changes the requests on their way
    StorePeer(Input& input, store::Page& page, bool is_disturbed)
        : input_{input},
          page_{page},
          is_disturbed_{is_disturbed}
    {
        req_cons_ = page.req_cons;
        rsp_prod_ = page.rsp_prod;
    }

    /// Takes what the client sent, and answers some of it.
    /// @return whether it raises its event
    bool work()
    {
        std::uint32_t const sent = SharedMemory::load_acquire(page_.req_prod);
        for (; req_cons_ != sent && sent - req_cons_ <= sizeof page_.req; ++req_cons_)
            request_ += page_.req[req_cons_ % sizeof page_.req];
        SharedMemory::store_release(page_.req_cons, req_cons_);
        while (take_request()) {
        }
        if (input_.take<std::uint8_t>() % 8 == 0)
            event();
        return flush();
    }

    /// Begins anew, as the client has asked in `connection`.
    void reconnect()
    {
        request_.clear();
        reply_.clear();
        req_cons_ = page_.req_cons = page_.req_prod = 0;
        rsp_prod_ = page_.rsp_cons = page_.rsp_prod = 0;
        SharedMemory::store_release(page_.connection, std::uint32_t{XENSTORE_CONNECTED});
    }

private:
    bool take_request()
    {
        store::Header header;
        if (request_.size() < sizeof header)
            return false;
        std::memcpy(&header, request_.data(), sizeof header);
        if (header.len > store::most_payload) {
            require(is_disturbed_);
            request_.clear();
            return false;
        }
        if (request_.size() < sizeof header + header.len)
            return false;
        auto const payload = std::string_view{request_}.substr(sizeof header, header.len);
        if (header.type == XS_WATCH && payload.contains('\0'))
            watch_ = std::string{payload.substr(0, payload.find('\0') + 1)} +
                     std::string{payload.substr(payload.find('\0') + 1)};
        answer(header);
        request_.erase(0, sizeof header + header.len);
        return true;
    }

    void answer(store::Header header)
    {
        switch (input_.take<std::uint8_t>() % 16) {
        case 0: return; // never answered
        case 1: header.type = XS_ERROR; break;
        case 2: header.type = input_.take<std::uint8_t>(); break;
        case 3: header.req_id = input_.take<std::uint32_t>(); break;
        case 4: put(header, input_.take_text()); break; // and once more
        case 5: header.type = XS_WATCH_EVENT; break;
        default: break;
        }
        static constexpr std::string_view errors[] = {
            {"EAGAIN", 7}, {"ENOENT", 7}, {"E2BIG", 6}, {"EINVAL", 7}};
        if (header.type == XS_ERROR && input_.take<std::uint8_t>() % 8 != 0)
            return put(header, errors[input_.up_to(3)]);
        if (header.type == XS_TRANSACTION_START)
            return put(header, {"7", 2});
        put(header, input_.take_text(input_.take<std::uint8_t>() % 16 == 0 ? 5000 : 30));
    }

    void event()
    {
        std::string const other{input_.take_text(40)};
        put({XS_WATCH_EVENT, 0, 0, 0}, watch_.empty() || other.size() > 30 ? other : watch_);
    }

    void put(store::Header header, std::string_view payload)
    {
        header.len = static_cast<std::uint32_t>(payload.size());
        reply_.append(reinterpret_cast<char const*>(&header), sizeof header);
        reply_ += payload;
    }

    bool flush()
    {
        std::size_t sent = 0;
        std::uint32_t const taken = SharedMemory::load_acquire(page_.rsp_cons);
        for (; sent < reply_.size() && rsp_prod_ - taken < sizeof page_.rsp; ++sent, ++rsp_prod_)
            page_.rsp[rsp_prod_ % sizeof page_.rsp] = reply_[sent];
        reply_.erase(0, sent);
        SharedMemory::store_release(page_.rsp_prod, rsp_prod_);
        return sent > 0;
    }

    Input& input_;
    store::Page& page_;
    bool is_disturbed_;
    std::uint32_t req_cons_;
    std::uint32_t rsp_prod_;
    std::string request_;
    std::string reply_;
    std::string watch_; ///< the payload of an event for the last watch
};

} // namespace lodger::fuzz
