#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/core/text.hpp>

#include <array>
#include <concepts>
#include <span>

namespace lodger {

/// What a trace can be about.
enum class Topic : std::uint8_t { store, xenbus, ring };

/// A topic as it is asked for, as in `trace=store,ring`.
struct TopicName {
    Topic topic;
    std::string_view name;
};
inline constexpr std::array topic_names = {
    TopicName{Topic::store, "store"}, TopicName{Topic::xenbus, "xenbus"},
    TopicName{Topic::ring, "ring"}};

constexpr std::string_view name(Topic topic)
{
    return topic_names[static_cast<std::size_t>(topic)].name;
}

/// A hypervisor that keeps or shows a trace. One that does not costs nothing.
template <class H>
concept Tracing = requires(H& hypervisor, Topic topic, std::string_view line) {
    { hypervisor.is_traced(topic) } -> std::same_as<bool>;
    { hypervisor.trace(topic, line) } -> std::same_as<void>;
};

/// Adds what fits to a line.
template <std::size_t most, class Part>
void add_part(Text<most>& line, Part part)
{
    static_cast<void>(line.append(part));
}
template <std::size_t most>
void add_part(Text<most>& line, std::span<std::string_view const> parts)
{
    for (std::string_view const part : parts)
        static_cast<void>(line.append(part));
}

/// Puts a line together and adds it to the trace. Out of line: callers are hot, and hardly traced.
template <Tracing H, class... Parts>
[[gnu::cold, gnu::noinline]] void add_to_trace(H& hypervisor, Topic topic, Parts... parts)
{
    Text<240> line;
    (add_part(line, parts), ...);
    hypervisor.trace(topic, line.view());
}

/// Adds a line to the trace, put together only if somebody wants it.
/// @param parts text, spans of text and unsigned numbers; what does not fit into a line is left out
template <Hypervisor H, class... Parts>
void trace(H& hypervisor, Topic topic, Parts const&... parts)
{
    if constexpr (Tracing<H>) {
        if (hypervisor.is_traced(topic)) [[unlikely]]
            add_to_trace(hypervisor, topic, parts...);
    }
}

} // namespace lodger
