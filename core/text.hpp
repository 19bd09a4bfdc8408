#pragma once

#include <lodger/core/result.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

namespace lodger {

/// A number in decimal. The only way that numbers are written: `std::to_chars` is longer by far.
/// @param room what is returned lies here
/// @param least how many digits there are to be, up to 20, with zeros before the others
inline std::string_view decimal(std::uint64_t number, std::array<char, 20>& room, int least = 1)
{
    auto first = room.end();
    for (; least > 0 || number > 0; --least) {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    }
    return {first, room.end()};
}

/// A short string in place, for names and paths: no heap, and an overflow is an error.
template <std::size_t most>
class Text {
public:
    static constexpr std::size_t capacity = most;

    constexpr Text() = default;

    static Result<Text> of(std::string_view text)
    {
        Text result;
        LODGER_TRY(result.append(text));
        return result;
    }

    /// @return `too_large` if it does not fit; then nothing was appended
    Result<> append(std::string_view text)
    {
        if (text.size() > most - size_)
            return Failure{Errc::too_large};
        size_ += text.copy(bytes_.data() + size_, text.size());
        return {};
    }

    Result<> append(std::unsigned_integral auto number)
    {
        std::array<char, 20> digits;
        return append(decimal(number, digits));
    }

    std::string_view view() const { return {bytes_.data(), size_}; }
    operator std::string_view() const { return view(); }

private:
    std::array<char, most> bytes_{};
    std::size_t size_ = 0;
};

/// A number as people and XenStore write it: decimal digits, nothing before or after, in range.
/// @return `protocol` for anything else
template <std::integral Integer>
Result<Integer> parse(std::string_view text)
{
    Integer number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return Failure{Errc::protocol};
    return number;
}

} // namespace lodger
