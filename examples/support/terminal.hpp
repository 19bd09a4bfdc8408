#pragma once

#include "line_editor.hpp"
#include <lodger/runtime/console.hpp>

namespace examples {

/// A line from the console's keys, or nothing when none can come any more.
inline std::optional<std::string>
read_line(lodger::runtime::Console& console, LineEditor& editor, std::string_view prompt)
{
    static_cast<void>(console.write(editor.begin(prompt)));
    while (true) {
        if (auto line = editor.take())
            return line;
        char key = 0;
        if (!console.read({&key, 1}, lodger::Deadline::never()))
            return std::nullopt;
        static_cast<void>(console.write(editor.type(key)));
    }
}

} // namespace examples
