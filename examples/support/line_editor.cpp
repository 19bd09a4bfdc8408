#include "line_editor.hpp"

#include <algorithm>

namespace examples {

std::string LineEditor::begin(std::string_view prompt)
{
    prompt_ = prompt;
    line_.clear();
    escape_.clear();
    cursor_ = 0;
    recalled_ = history_.size();
    complete_line_ = false;
    called_off_ = false;
    return prompt_;
}

std::optional<std::string> LineEditor::take()
{
    if (!complete_line_)
        return std::nullopt;
    complete_line_ = false;
    return line_;
}

std::string LineEditor::type(char key)
{
    if (!escape_.empty() || key == '\x1b')
        return type_escape(key);
    if (static_cast<unsigned char>(key) < 0x20 || key == 0x7f)
        return type_control(key);
    return insert(key);
}

std::string LineEditor::type_control(char key)
{
    switch (key) {
    case '\r':
    case '\n': return finish();
    case '\t': return complete_word();
    case '\b':
    case 0x7f: return cursor_ > 0 ? erase(cursor_ - 1) : "";
    case 0x01: return move_to(0);            // Ctrl-A
    case 0x05: return move_to(line_.size()); // Ctrl-E
    case 0x03:                               // Ctrl-C: another line instead
        line_.clear();
        complete_line_ = true;
        called_off_ = true;
        return "^C\n";
    case 0x04: // Ctrl-D: the end, where there is nothing else it could end
        if (!line_.empty())
            return "";
        line_ = end_;
        return line_ + finish();
    case 0x0b: // Ctrl-K
        line_.resize(cursor_);
        return redraw();
    case 0x15: // Ctrl-U
        line_.erase(0, cursor_);
        cursor_ = 0;
        return redraw();
    default: return "";
    }
}

/// Sequences of ECMA-48 as terminals send them: ESC [ letter, or ESC [ digits ~.
std::string LineEditor::type_escape(char key)
{
    escape_ += key;
    if (escape_.size() == 1 || escape_ == "\x1b[" || escape_ == "\x1bO" ||
        (key >= '0' && key <= '9' && escape_.size() < 6))
        return "";
    std::string_view const sequence = std::string_view{escape_}.substr(2);
    std::string shown;
    if (sequence == "A" && recalled_ > 0)
        shown = recall(recalled_ - 1);
    else if (sequence == "B" && recalled_ < history_.size())
        shown = recall(recalled_ + 1);
    else if (sequence == "C")
        shown = move_to(cursor_ + 1);
    else if (sequence == "D" && cursor_ > 0)
        shown = move_to(cursor_ - 1);
    else if (sequence == "H" || sequence == "1~")
        shown = move_to(0);
    else if (sequence == "F" || sequence == "4~")
        shown = move_to(line_.size());
    else if (sequence == "3~" && cursor_ < line_.size())
        shown = erase(cursor_);
    escape_.clear();
    return shown;
}

std::string LineEditor::insert(char key)
{
    line_.insert(cursor_++, 1, key);
    return cursor_ == line_.size() ? std::string(1, key) : redraw();
}

std::string LineEditor::erase(std::size_t at)
{
    line_.erase(at, 1);
    cursor_ = at;
    return redraw();
}

std::string LineEditor::move_to(std::size_t cursor)
{
    cursor_ = std::min(cursor, line_.size());
    return redraw();
}

std::string LineEditor::recall(std::size_t index)
{
    recalled_ = index;
    line_ = index < history_.size() ? history_[index] : "";
    cursor_ = line_.size();
    return redraw();
}

std::string LineEditor::complete_word()
{
    std::size_t const blank = line_.find_last_of(" ;{", cursor_ > 0 ? cursor_ - 1 : 0);
    std::size_t const start = cursor_ == 0 || blank == std::string::npos ? 0 : blank + 1;
    std::string const word = line_.substr(start, cursor_ - start);
    std::vector<std::string> words = complete_(std::string_view{line_}.substr(0, cursor_));
    std::erase_if(
        words, [&](std::string const& candidate) { return !candidate.starts_with(word); });
    if (words.empty())
        return "";
    std::string common = words.front();
    for (std::string const& other : words) {
        auto const [end, unused] = std::ranges::mismatch(common, other);
        common.resize(static_cast<std::size_t>(end - common.begin()));
    }
    if (common.size() > word.size()) {
        line_.replace(start, word.size(), common);
        cursor_ = start + common.size();
        return redraw();
    }
    std::string shown = "\n";
    for (std::string const& candidate : words)
        shown += candidate + "  ";
    return shown + "\n" + redraw();
}

std::string LineEditor::finish()
{
    if (!line_.empty() && (history_.empty() || history_.back() != line_))
        history_.push_back(line_);
    if (history_.size() > most_history)
        history_.erase(history_.begin());
    complete_line_ = true;
    return "\n";
}

std::string LineEditor::redraw() const
{
    std::string shown = "\r\x1b[K" + prompt_ + line_;
    if (cursor_ < line_.size())
        shown += "\x1b[" + std::to_string(line_.size() - cursor_) + "D";
    return shown;
}

} // namespace examples
