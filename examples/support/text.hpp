#pragma once

#include <string_view>

/// A `std::string_view` for printf's "%.*s".
#define EXAMPLES_TEXT(view) static_cast<int>((view).size()), (view).data()
