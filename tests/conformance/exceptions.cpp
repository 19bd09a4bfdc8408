#include "program.hpp"

#include <bitset>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <typeinfo>
#include <vector>

namespace {

struct Noisy {
    explicit Noisy(char const* name) : what{name} { std::printf("made %s\n", what); }
    Noisy(Noisy const&) = delete;
    ~Noisy() { std::printf("ended %s\n", what); }
    char const* what;
};

void attempt(char const* label, auto function)
{
    try {
        function();
        std::printf("%s: nothing thrown\n", label);
    } catch (std::exception const& error) {
        std::printf("%s: %s\n", label, error.what());
    } catch (int number) {
        std::printf("%s: the number %d\n", label, number);
    }
}

[[noreturn]] void fail_in_constructor()
{
    struct Pair {
        Noisy first{"a member"};
        Noisy second;
        Pair() : second{"another"} { throw std::runtime_error("in a constructor"); }
    } pair;
    throw 0;
}

struct Base {
    virtual ~Base() = default;
};
struct Derived : Base {};

} // namespace

PROGRAM(exceptions)
{
    attempt("none", [] {});
    attempt("number", [] { throw 42; });
    attempt("at", [] { std::vector<int>{1, 2}.at(2); });
    attempt("constructor", [] { fail_in_constructor(); });
    attempt("string", [] { std::string(3, 'x').substr(4); });
    attempt("stoi", [] { std::stoi("no number"); });
    attempt("bitset", [] { std::bitset<4>("0120"); });
    attempt("cast", [] {
        Base base;
        static_cast<void>(dynamic_cast<Derived&>(base));
    });
    attempt("huge", [] { static_cast<void>(std::vector<long>().reserve(~std::size_t{0} / 8)); });
    attempt("rethrown", [] {
        try {
            Noisy const noisy{"a local"};
            throw std::logic_error("the first");
        } catch (std::logic_error const&) {
            throw;
        }
    });
    std::exception_ptr kept;
    attempt("kept", [&] {
        try {
            throw std::range_error("kept for later");
        } catch (...) {
            kept = std::current_exception();
        }
    });
    attempt("released", [&] { std::rethrow_exception(kept); });
    attempt("nested", [] {
        try {
            throw std::runtime_error("inner");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outer"));
        }
    });
}

PROGRAM(exceptions_in_threads)
{
    for (int round = 0; round < 3; ++round) {
        std::thread thread{[round] {
            attempt("a thread", [round] {
                Noisy const noisy{"a thread's local"};
                std::this_thread::yield();
                throw std::runtime_error("round " + std::to_string(round));
            });
            std::printf("uncaught: %d\n", std::uncaught_exceptions());
        }};
        thread.join();
    }
    attempt("two at a time", [] {
        try {
            throw 1;
        } catch (int) {
            std::thread{[] {
                attempt("within", [] { throw std::logic_error("while main handles another"); });
            }}.join();
            throw;
        }
    });
}
