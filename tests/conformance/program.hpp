#pragma once

#include <cstdio>
#include <string_view>

/// A small program that prints what it finds: the same in a guest as on the build machine.
/// Programs are written as `PROGRAM(name) { ... }` and use nothing but the C and C++ libraries and
/// POSIX.
class Program {
public:
    /// What they may write.
    struct Places {
        char const* disk;      ///< the path of a disk
        char const* directory; ///< the absolute path of an empty directory
    };
    using Function = void (*)(char const* disk, char const* directory);

    Program(char const* name, Function function);

    /// Runs all, by name.
    static void run_all(Places const& places);
    /// @return whether there is one of that name
    static bool run(std::string_view name, Places const& places);

private:
    void run_one(Places const& places) const;

    char const* name_;
    Function function_;
    Program* next_;
};

#define PROGRAM(name)                                                                              \
    static void name##_program(char const* disk, char const* directory);                           \
    static Program const name##_registered{#name, name##_program};                                 \
    static void name##_program(                                                                    \
        [[maybe_unused]] char const* disk, [[maybe_unused]] char const* directory)
