#pragma once

#include <lodger/core/ids.hpp>
#include <lodger/core/time.hpp>

#include <deque>
#include <ostream>
#include <string>

namespace lodger::sim {

/// What happened last, for people: a line an event, with its virtual time and domain. Bounded, so
/// that it may be as talkative as one likes.
class Trace {
public:
    static constexpr std::size_t most_lines = 300;

    void add(Instant at, lodger::Domain domain, std::string text)
    {
        if (lines_.size() == most_lines)
            lines_.pop_front();
        lines_.push_back({at, domain, std::move(text)});
    }

    void print(std::ostream& out) const;

private:
    struct Line {
        Instant at;
        lodger::Domain domain;
        std::string text;
    };

    std::deque<Line> lines_;
};

} // namespace lodger::sim
