#pragma once

#include "text.hpp"
#include <lodger/core/text.hpp>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <span>

/// The command line of a guest: options first, `--name=value` or words, then what they are for.
namespace examples {

/// A letter that may follow a number, and what it multiplies it by.
struct Unit {
    std::string_view suffix;
    std::uint64_t factor;
};
inline constexpr Unit no_units[] = {{"", 1}};
inline constexpr Unit byte_units[] = {{"", 1}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};
/// Milliseconds.
inline constexpr Unit time_units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}};

/// An option with a number: where it goes, and what is possible.
template <class Settings>
struct NumberOption {
    std::string_view name;
    std::uint64_t least; ///< in the unit with the factor 1
    std::uint64_t most;
    void (*set)(Settings& settings, std::uint64_t number);
    std::span<Unit const> units = no_units;
};

/// An option that is one of few words.
template <class Settings>
struct WordOption {
    std::string_view text;
    void (*set)(Settings& settings);
};

/// All that a program understands.
template <class Settings>
struct Options {
    char const* program;
    char const* usage;
    std::span<NumberOption<Settings> const> numbers;
    std::span<WordOption<Settings> const> words;
    /// What is wrong with the whole, or null.
    char const* (*objection)(Settings const& settings);
};

/// What parsing came to: settings, or the status to exit with, once it has been said why.
template <class Settings>
struct Parsed {
    Settings settings;
    std::optional<int> exit_status;
};

inline std::optional<std::uint64_t>
parse_with_unit(std::string_view text, std::span<Unit const> units)
{
    std::size_t const digits = std::min(text.find_first_not_of("0123456789"), text.size());
    auto const number = lodger::parse<std::uint32_t>(text.substr(0, digits));
    for (Unit const& unit : units)
        if (number && text.substr(digits) == unit.suffix)
            return *number * unit.factor;
    return std::nullopt;
}

template <class Settings>
bool take_number(
    Settings& settings, char const* program, NumberOption<Settings> const& option,
    std::string_view text)
{
    auto const number = parse_with_unit(text, option.units);
    if (number && *number >= option.least && *number <= option.most) {
        option.set(settings, *number);
        return true;
    }
    Unit const& unit = option.units[0];
    std::printf(
        "%s: %.*s takes a number from %" PRIu64 " to %" PRIu64, program, EXAMPLES_TEXT(option.name),
        (option.least + unit.factor - 1) / unit.factor, option.most / unit.factor);
    for (Unit const& other : option.units)
        if (!other.suffix.empty())
            std::printf(", or with %.*s", EXAMPLES_TEXT(other.suffix));
    std::printf("; not \"%.*s\".\n", EXAMPLES_TEXT(text));
    return false;
}

/// @return whether it made sense; if not, that has been said
template <class Settings>
bool take_option(Settings& settings, Options<Settings> const& options, std::string_view argument)
{
    for (WordOption<Settings> const& option : options.words) {
        if (argument != option.text)
            continue;
        option.set(settings);
        return true;
    }
    std::size_t const name_end = argument.find('=');
    for (NumberOption<Settings> const& option : options.numbers)
        if (name_end != argument.npos && argument.substr(0, name_end) == option.name)
            return take_number(settings, options.program, option, argument.substr(name_end + 1));
    std::printf(
        "%s: there is no option %.*s; see --help.\n", options.program, EXAMPLES_TEXT(argument));
    return false;
}

/// Takes a command line apart; `Settings::disks` gets what is no option.
template <class Settings>
Parsed<Settings> parse_arguments(Options<Settings> const& options, std::span<char*> arguments)
{
    Settings settings;
    std::size_t used = 0;
    for (; used < arguments.size() && arguments[used][0] == '-'; ++used) {
        std::string_view const argument = arguments[used];
        if (argument == "--help") {
            std::fputs(options.usage, stdout);
            return {settings, 0};
        }
        if (!take_option(settings, options, argument))
            return {settings, 2};
    }
    settings.disks = arguments.subspan(used);
    if (char const* const wrong = options.objection(settings)) {
        std::printf("%s: %s.\n", options.program, wrong);
        return {settings, 2};
    }
    return {settings, std::nullopt};
}

} // namespace examples
