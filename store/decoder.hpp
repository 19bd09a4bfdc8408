#pragma once

#include <lodger/store/wire.hpp>

#include <cstring>
#include <optional>
#include <span>

namespace lodger::store {

/// Turns the daemon's bytes into messages; can be interrupted at any byte. Peer: the daemon, whose
/// lengths are checked before anything is taken.
class Decoder {
public:
    /// Where the next bytes belong; never empty.
    std::span<char> wanted() { return std::span{bytes_}.subspan(have_, need() - have_); }

    /// Takes note that `count` bytes were put into `wanted()`.
    /// @return a message when it is complete; `protocol` for a length over 4096, after which the
    /// stream has no meaning any more
    Result<std::optional<Message>> took(std::size_t count)
    {
        have_ += count;
        if (have_ < sizeof(Header))
            return std::nullopt;
        if (header().len > most_payload)
            return Failure{Errc::protocol};
        if (have_ < need())
            return std::nullopt;
        have_ = 0;
        Header const complete = header();
        return Message{complete, {bytes_.data() + sizeof(Header), complete.len}};
    }

private:
    Header header() const
    {
        Header header;
        std::memcpy(&header, bytes_.data(), sizeof header);
        return header;
    }

    /// Bytes of the current message as far as is known.
    std::size_t need() const
    {
        return sizeof(Header) + (have_ < sizeof(Header) ? 0 : header().len);
    }

    std::array<char, sizeof(Header) + most_payload> bytes_;
    std::size_t have_ = 0;
};

} // namespace lodger::store
