#pragma once

#include <lodger/store/session.hpp>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

namespace lodger::test {

using store::Type;

struct Sent {
    store::Header header;
    std::string payload;
};

/// A session and the daemon's end of it, without a ring.
struct Peer {
    store::Session session;

    store::Session::Ticket
    submit(std::string_view path, std::span<char> reply = {}, Type type = Type::read)
    {
        return session.submit({.type = type, .pieces = {path, std::string_view{"\0", 1}}}, reply)
            .value();
    }

    /// Takes everything the session has to say.
    std::vector<Sent> take()
    {
        std::string bytes;
        for (auto part = session.outgoing(); !part.empty(); part = session.outgoing()) {
            bytes.append(part.data(), part.size());
            session.sent(part.size());
        }
        std::vector<Sent> messages;
        while (!bytes.empty()) {
            Sent sent;
            std::memcpy(&sent.header, bytes.data(), sizeof sent.header);
            sent.payload = bytes.substr(sizeof sent.header, sent.header.len);
            bytes.erase(0, sizeof sent.header + sent.header.len);
            messages.push_back(sent);
        }
        return messages;
    }

    Result<> say(std::uint32_t type, std::uint32_t id, std::string const& payload)
    {
        store::Header const header{type, id, 0, static_cast<std::uint32_t>(payload.size())};
        std::string bytes{reinterpret_cast<char const*>(&header), sizeof header};
        bytes += payload;
        for (std::string_view rest = bytes; !rest.empty();) {
            auto const wanted = session.incoming();
            std::size_t const count = rest.copy(wanted.data(), wanted.size());
            rest.remove_prefix(count);
            LODGER_TRY(session.received(count));
        }
        return {};
    }
};

inline std::string nul_terminated(std::string text)
{
    text.push_back('\0');
    return text;
}

} // namespace lodger::test
