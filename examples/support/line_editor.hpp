#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

/// A line being typed, edited and completed, with the lines before it: from a person's keys, as a
/// terminal sends them, to what the terminal has to show. Touches no console itself.
///
/// Keys: arrows, Home and End, Ctrl-A and Ctrl-E, Backspace, Delete, Ctrl-U, Ctrl-K, Ctrl-C, Tab;
/// Ctrl-D on an empty line is the command that ends the program.
class LineEditor {
public:
    /// What could stand for the last word of a line, whole words.
    using Complete = std::function<std::vector<std::string>(std::string_view line)>;

    /// @param end the command that Ctrl-D stands for
    LineEditor(Complete complete, std::string end)
        : complete_{std::move(complete)},
          end_{std::move(end)}
    {
    }

    /// What to show before the first key of a line.
    std::string begin(std::string_view prompt);

    /// One more byte from the terminal.
    /// @return what to show for it
    std::string type(char key);

    /// The line, once it is complete; then `begin` another one.
    std::optional<std::string> take();
    /// Whether that line was called off by Ctrl-C.
    bool was_called_off() const { return called_off_; }

private:
    static constexpr std::size_t most_history = 100;

    std::string type_control(char key);
    std::string type_escape(char key);
    std::string insert(char key);
    std::string erase(std::size_t at);
    std::string move_to(std::size_t cursor);
    std::string recall(std::size_t index);
    std::string complete_word();
    std::string finish();
    /// The prompt and the line, with the cursor where it belongs.
    std::string redraw() const;

    Complete complete_;
    std::string end_;
    std::string prompt_;
    std::vector<std::string> history_;
    std::size_t recalled_ = 0; ///< which of the history is shown; its size: none
    std::string line_;
    std::size_t cursor_ = 0;
    std::string escape_; ///< the part of an escape sequence that has come
    bool complete_line_ = false;
    bool called_off_ = false;
};

} // namespace examples
