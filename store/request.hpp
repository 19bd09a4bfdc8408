#pragma once

#include <lodger/store/watch_state.hpp>
#include <lodger/store/wire.hpp>

#include <array>

namespace lodger::store {

/// A request before it has an id: its payload is the pieces one after another. The pieces stay the
/// caller's and must live until the request is collected or abandoned.
struct Request {
    Type type;
    std::uint32_t transaction = 0;
    std::array<std::string_view, 6> pieces{};

    std::size_t payload_size() const
    {
        std::size_t size = 0;
        for (std::string_view const piece : pieces)
            size += piece.size();
        return size;
    }
};

/// Asks the daemon for events, or for none any more.
/// @param type `watch` or `unwatch`
inline Request watch_request(Type type, WatchIdentity const& watch)
{
    using namespace std::literals;
    Request request{.type = type, .pieces = {watch.path, "\0"sv, watch.token, "\0"sv}};
    if (type == Type::watch && !watch.depth.view().empty()) {
        request.pieces[4] = watch.depth;
        request.pieces[5] = "\0"sv;
    }
    return request;
}

} // namespace lodger::store
