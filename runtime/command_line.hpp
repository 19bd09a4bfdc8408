#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace lodger::runtime {

/// The guest's command line as `main` wants it. Words are split at blanks; quotes, single or
/// double, keep blanks in a word. Words that begin with `lodger.`, and `trace=`, are options for
/// the runtime and not passed on.
class CommandLine {
public:
    /// Of Xen's builder (xen/include/public/xen.h, MAX_GUEST_CMDLINE).
    static constexpr std::size_t most_bytes = 1024;

    /// @param text ended by NUL; what is too long is cut off
    void split(char const* text);

    int argc() const { return argc_; }
    char** argv() { return argv_.data(); }
    bool has_option(std::string_view name) const;
    /// What follows `trace=`; empty if nothing does.
    std::string_view trace() const { return trace_; }

private:
    static constexpr std::size_t most_words = 128;

    void add_word(char* word);

    std::array<char, most_bytes> text_{};
    std::array<char*, most_words + 1> argv_{}; // ends with a null pointer
    std::array<std::string_view, 8> options_{};
    std::string_view trace_;
    std::size_t option_count_ = 0;
    int argc_ = 0;
};

} // namespace lodger::runtime
