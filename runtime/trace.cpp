#include <lodger/runtime/console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/text.hpp>

#include <algorithm>

namespace lodger::runtime {

void Guest::trace(Topic topic, std::string_view line) const
{
    auto const us =
        std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    Text text;
    text << "[" << us / 1'000'000 << "." << Decimal{static_cast<std::uint64_t>(us % 1'000'000), 6}
         << "] " << name(topic) << ": ";
    for (char const c : line.substr(0, 240))
        text << (c == '\0' ? std::string_view{" "} : std::string_view{&c, 1});
    text << "\n";
    // Where it cannot wait for room, what does not fit is lost.
    if (Console* const to = console())
        static_cast<void>(to->write(text.view()));
}

void Guest::show_trace(std::string_view topics)
{
    while (!topics.empty()) {
        std::string_view const wanted = topics.substr(0, topics.find(','));
        for (TopicName const& known : topic_names) {
            if (wanted == known.name)
                traced_ |= 1u << static_cast<unsigned>(known.topic);
        }
        topics.remove_prefix(std::min(wanted.size() + 1, topics.size()));
    }
}

} // namespace lodger::runtime
