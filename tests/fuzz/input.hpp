#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace lodger::fuzz {

/// What the fuzzer thought up, taken from the front; zeros once it has been used up.
class Input {
public:
    Input(std::uint8_t const* data, std::size_t size) : rest_{data, size} {}

    bool empty() const { return rest_.empty(); }
    std::size_t size() const { return rest_.size(); }

    template <class Integer>
        requires std::is_integral_v<Integer>
    Integer take()
    {
        Integer value{};
        auto const bytes = take_bytes(sizeof value);
        std::memcpy(&value, bytes.data(), bytes.size());
        return value;
    }

    /// From 0 to `most`.
    std::size_t up_to(std::size_t most)
    {
        std::size_t const number = most < 256 ? take<std::uint8_t>() : take<std::uint32_t>();
        return number % (most + 1);
    }

    /// As many as there are, at most `size`.
    std::string_view take_bytes(std::size_t size)
    {
        auto const taken = rest_.first(std::min(size, rest_.size()));
        rest_ = rest_.subspan(taken.size());
        return {reinterpret_cast<char const*>(taken.data()), taken.size()};
    }

    /// Text of a length that it says itself.
    std::string_view take_text(std::size_t most = 255) { return take_bytes(up_to(most)); }

private:
    std::span<std::uint8_t const> rest_;
};

/// What must hold whatever the input is; NDEBUG or not.
inline void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

} // namespace lodger::fuzz

/// What libFuzzer calls; each target defines it.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
