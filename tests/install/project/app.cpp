// What an application outside the repository looks like: C++ and C, the library and Xen's services.
#include "count.h"
#include <lodger/runtime/services.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

static int words_that_throw()
{
    try {
        return std::stoi("no number");
    } catch (std::invalid_argument const&) {
        return 0;
    }
}

int main(int argc, char** argv)
{
    std::map<std::string, int> words;
    for (int i = 1; i < argc; ++i)
        ++words[argv[i]];
    for (auto const& [word, times] : words)
        std::printf("%s %d\n", word.c_str(), times);
    auto* const store = lodger::runtime::xenstore().value_or(nullptr);
    std::printf("vowels %d, XenStore %s\n", count_vowels("Lodger"), store ? "there" : "missing");
    bool const well = store && words.size() == 2 && words_that_throw() == 0;
    std::printf("Test result: %s\n", well ? "SUCCESS" : "FAILURE");
    return well ? 0 : 1;
}
