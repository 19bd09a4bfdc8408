#pragma once

#include <lodger/core/text.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace lodger::runtime {

/// A number to be printed in hexadecimal, with at least so many digits.
struct Hex {
    std::uint64_t value;
    int digits = 1;
};

/// A number to be printed in decimal, with at least so many digits, up to 20.
struct Decimal {
    std::uint64_t value;
    int digits = 1;
};

/// A line of text put together without heap, lock or C library: what a report of a crash is made
/// of. What does not fit is cut off.
class Text {
public:
    Text& operator<<(std::string_view text)
    {
        for (char const c : text)
            put(c);
        return *this;
    }
    Text& operator<<(char const* text) { return *this << std::string_view{text}; }

    template <std::integral T>
    Text& operator<<(T number)
    {
        bool const is_negative = number < 0;
        if (is_negative)
            put('-');
        auto const value = static_cast<std::uint64_t>(number);
        return *this << Decimal{is_negative ? -value : value};
    }

    Text& operator<<(Decimal number)
    {
        std::array<char, 20> digits;
        return *this << decimal(number.value, digits, number.digits);
    }

    Text& operator<<(Hex number)
    {
        int shift = 60;
        while (shift > 4 * (number.digits - 1) && number.value >> shift == 0)
            shift -= 4;
        for (; shift >= 0; shift -= 4)
            put("0123456789abcdef"[number.value >> shift & 15]);
        return *this;
    }

    std::string_view view() const { return {buffer_.data(), length_}; }

private:
    void put(char c)
    {
        if (length_ < buffer_.size())
            buffer_[length_++] = c;
    }

    std::array<char, 320> buffer_;
    std::size_t length_ = 0;
};

} // namespace lodger::runtime
