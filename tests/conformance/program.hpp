#pragma once

#include <cstdio>
#include <string_view>

/// A small program that prints what it finds: the same in a guest as on the build machine.
/// Programs are written as `PROGRAM(name) { ... }` and use nothing but the C and C++ libraries and
/// POSIX.
class Program {
public:
    using Function = void (*)(char const* disk);

    Program(char const* name, Function function);

    /// Runs all, by name. @param disk the path of a disk that they may write
    static void run_all(char const* disk);
    /// @return whether there is one of that name
    static bool run(std::string_view name, char const* disk);

private:
    void run_one(char const* disk) const;

    char const* name_;
    Function function_;
    Program* next_;
};

#define PROGRAM(name)                                                                              \
    static void name##_program([[maybe_unused]] char const* disk);                                 \
    static Program const name##_registered{#name, name##_program};                                 \
    static void name##_program([[maybe_unused]] char const* disk)
