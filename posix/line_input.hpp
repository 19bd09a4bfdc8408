#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace lodger::posix {

/// What a terminal driver does between a person's keys and a program that reads lines: the Xen
/// console hands over single keys and echoes none. A line is given out when it is complete; until
/// then it can be corrected. Touches no console itself.
class LineInput {
public:
    /// One more key.
    /// @return what to show for it
    std::string_view type(char key)
    {
        switch (key) {
        case '\r':
        case '\n': return add('\n', "\n");
        case '\b':
        case 0x7f: return rub_out();
        case 0x04: // Ctrl-D: what there is, or else the end of the file
            complete_ = length_;
            ended_ = true;
            return {};
        default: echo_ = key; return add(key, {&echo_, 1});
        }
    }

    /// Whether `take` has anything to give, be it the end of the file.
    bool is_ready() const { return complete_ > 0 || ended_; }

    /// Moves complete lines out. @return how many bytes; none is the end of the file
    std::size_t take(std::span<char> to)
    {
        std::size_t const count = std::min(complete_, to.size());
        std::copy_n(line_.begin(), count, to.begin());
        std::copy(line_.begin() + count, line_.begin() + length_, line_.begin());
        length_ -= count;
        complete_ -= count;
        if (complete_ == 0)
            ended_ = false;
        return count;
    }

private:
    std::string_view add(char c, std::string_view echo)
    {
        // The last place is kept for the end of the line.
        if (length_ + (c == '\n' ? 0 : 1) >= line_.size())
            return {};
        line_[length_++] = c;
        if (c == '\n')
            complete_ = length_;
        return echo;
    }

    std::string_view rub_out()
    {
        if (length_ == complete_)
            return {};
        --length_;
        return "\b \b";
    }

    std::array<char, 1024> line_{};
    std::size_t length_ = 0;   ///< bytes typed and not taken
    std::size_t complete_ = 0; ///< of these, those that belong to complete lines
    bool ended_ = false;
    char echo_ = 0;
};

} // namespace lodger::posix
