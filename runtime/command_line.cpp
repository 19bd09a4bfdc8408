#include <lodger/runtime/command_line.hpp>

#include <algorithm>

namespace lodger::runtime {
namespace {

constexpr std::string_view option_prefix = "lodger.";
constexpr std::string_view trace_prefix = "trace=";
char program_name[] = "lodger";

bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/// Copies one word without its quotes. @return where the source goes on
char const* copy_word(char const* from, char*& to, char const* end)
{
    char quote = 0;
    for (; *from && (quote || !is_blank(*from)); ++from) {
        if (quote ? *from == quote : *from == '"' || *from == '\'')
            quote = quote ? '\0' : *from;
        else if (to < end)
            *to++ = *from;
    }
    return from;
}

} // namespace

void CommandLine::split(char const* text)
{
    add_word(program_name);
    char* to = text_.data();
    char* const end = text_.data() + text_.size() - 1;
    while (true) {
        while (is_blank(*text))
            ++text;
        if (!*text || to >= end)
            return;
        char* const word = to;
        text = copy_word(text, to, end);
        *to++ = '\0';
        add_word(word);
    }
}

void CommandLine::add_word(char* word)
{
    std::string_view const view{word};
    if (view.starts_with(option_prefix)) {
        if (option_count_ < options_.size())
            options_[option_count_++] = view.substr(option_prefix.size());
    } else if (view.starts_with(trace_prefix)) {
        trace_ = view.substr(trace_prefix.size());
    } else if (static_cast<std::size_t>(argc_) < most_words) {
        argv_[static_cast<std::size_t>(argc_++)] = word;
    }
}

bool CommandLine::has_option(std::string_view name) const
{
    return std::ranges::count(options_, name) > 0;
}

} // namespace lodger::runtime
