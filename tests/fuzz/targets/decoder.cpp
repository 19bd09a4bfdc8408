#include <lodger/store/decoder.hpp>
#include <lodger/tests/fuzz/input.hpp>

#include <string>

using namespace lodger;

// The decoder, fed in pieces, must say the same as one look at the whole.

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    std::string stream;
    std::size_t used = 0; // bytes of the stream in complete messages
    store::Decoder decoder;
    while (!input.empty()) {
        auto const wanted = decoder.wanted();
        fuzz::require(!wanted.empty());
        auto const piece = input.take_bytes(std::min(wanted.size(), 1 + input.up_to(400)));
        piece.copy(wanted.data(), piece.size());
        stream += piece;
        store::Header header{};
        std::string_view const rest = std::string_view{stream}.substr(used);
        std::memcpy(&header, rest.data(), std::min(rest.size(), sizeof header));
        bool const known = rest.size() >= sizeof header;
        auto const message = decoder.took(piece.size());
        fuzz::require(message.has_value() == (!known || header.len <= store::most_payload));
        if (!message)
            return 0;
        bool const complete = known && rest.size() == sizeof header + header.len;
        fuzz::require(message->has_value() == complete);
        if (complete) {
            fuzz::require((*message)->payload == rest.substr(sizeof header));
            fuzz::require(std::memcmp(&(*message)->header, &header, sizeof header) == 0);
            used = stream.size();
        }
    }
    return 0;
}
