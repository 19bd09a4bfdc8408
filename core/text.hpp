#pragma once

#include <lodger/core/result.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

namespace lodger {

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
        std::uint64_t const value = number; // One type, and so the code for it once in an image.
        std::array<char, 20> digits;
        char* const end = std::to_chars(digits.begin(), digits.end(), value).ptr;
        return append({digits.data(), static_cast<std::size_t>(end - digits.data())});
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
