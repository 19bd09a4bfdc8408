#pragma once

#include <lodger/core/ids.hpp>
#include <lodger/core/text.hpp>

#include <array>
#include <concepts>
#include <cstdint>

namespace lodger::store {

/// How a type is written in XenStore: a specialisation has `parse`, strict, and `format`.
template <class T>
struct Codec;

template <class T>
concept Value = requires(T const& value, std::string_view text) {
    { Codec<T>::parse(text) } -> std::same_as<Result<T>>;
    { Codec<T>::format(value).view() } -> std::same_as<std::string_view>;
};

/// Decimal, with nothing around it, and in the type's range.
template <std::integral Integer>
    requires(!std::same_as<Integer, bool> && !std::same_as<Integer, char>)
struct Codec<Integer> {
    static Result<Integer> parse(std::string_view text) { return lodger::parse<Integer>(text); }
    static auto format(Integer number)
    {
        Text<24> text; // Holds every 64-bit number with its sign.
        if (number < 0)
            static_cast<void>(text.append("-"));
        auto const magnitude = static_cast<std::uint64_t>(number);
        static_cast<void>(text.append(number < 0 ? 0 - magnitude : magnitude));
        return text;
    }
};

/// `0` or `1`, as features are given.
template <>
struct Codec<bool> {
    static Result<bool> parse(std::string_view text)
    {
        if (text != "0" && text != "1")
            return Failure{Errc::protocol};
        return text == "1";
    }
    static auto format(bool value) { return Codec<unsigned>::format(value); }
};

template <class Kind, class Integer>
struct Codec<Id<Kind, Integer>> {
    static Result<Id<Kind, Integer>> parse(std::string_view text)
    {
        return Id<Kind, Integer>{LODGER_TRY(lodger::parse<Integer>(text))};
    }
    static auto format(Id<Kind, Integer> id) { return Codec<Integer>::format(id.value); }
};

/// A UUID, such as a guest's `vm` path ends in.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    friend bool operator==(Uuid const&, Uuid const&) = default;
};

/// `01234567-89ab-cdef-0123-456789abcdef`; either case is read, lower case is written.
template <>
struct Codec<Uuid> {
    static constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    static Result<Uuid> parse(std::string_view text)
    {
        Uuid uuid;
        if (text.size() != shape.size())
            return Failure{Errc::protocol};
        std::size_t nibble = 0;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            int const digit = digit_of(text[i]);
            if ((shape[i] == '-') ? text[i] != '-' : digit < 0)
                return Failure{Errc::protocol};
            if (shape[i] == '-')
                continue;
            auto& byte = uuid.bytes[nibble / 2];
            byte = static_cast<std::uint8_t>(byte << 4 | digit);
            ++nibble;
        }
        return uuid;
    }

    static auto format(Uuid const& uuid)
    {
        constexpr std::string_view digits = "0123456789abcdef";
        Text<shape.size()> text;
        std::size_t nibble = 0;
        for (char const place : shape) {
            std::uint8_t const byte = uuid.bytes[nibble / 2 % uuid.bytes.size()];
            bool const is_digit = place == 'x';
            auto const digit = digits.substr(nibble % 2 ? byte & 15 : byte >> 4, 1);
            static_cast<void>(text.append(is_digit ? digit : "-"));
            nibble += is_digit;
        }
        return text;
    }

private:
    static int digit_of(char c)
    {
        if (c >= '0' && c <= '9')
            return c - '0';
        char const lower = static_cast<char>(c | 0x20);
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }
};

/// A path, or any other short text, as it is.
template <std::size_t most>
struct Codec<Text<most>> {
    static Result<Text<most>> parse(std::string_view text) { return Text<most>::of(text); }
    static Text<most> format(Text<most> const& text) { return text; }
};

static_assert(Value<std::uint64_t> && Value<int> && Value<bool> && Value<Uuid> && Value<Port>);

} // namespace lodger::store
