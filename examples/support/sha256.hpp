#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <sha256.h>
#include <span>

namespace examples {

/// SHA-256 of bytes given a piece at a time, by libmd.
class Sha256 {
public:
    Sha256() { SHA256Init(&context_); }

    void add(std::span<std::byte const> bytes)
    {
        SHA256Update(&context_, reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
    }

    /// The digest in hexadecimal, ending in a NUL. Call once, last.
    std::array<char, 65> hex()
    {
        std::array<std::uint8_t, 32> digest;
        SHA256Final(digest.data(), &context_);
        std::array<char, 65> text{};
        for (std::size_t i = 0; i < digest.size(); ++i) {
            text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
            text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
        }
        return text;
    }

private:
    SHA256_CTX context_;
};

} // namespace examples
