#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/symbols.hpp>
#include <lodger/runtime/thread_report.hpp>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>

namespace lodger::runtime {
namespace {

/// Collected first and then printed, since the console may have to be waited for, and threads may
/// end meanwhile.
class Report {
public:
    [[gnu::format(printf, 2, 3)]] void add(char const* format, ...)
    {
        std::va_list values;
        va_start(values, format);
        int const size = std::vsnprintf(text_.data() + used_, text_.size() - used_, format, values);
        va_end(values);
        used_ = std::min(used_ + static_cast<std::size_t>(std::max(size, 0)), text_.size() - 1);
    }
    void print() const { std::fwrite(text_.data(), 1, used_, stdout); }

private:
    std::array<char, 8192> text_;
    std::size_t used_ = 0;
};

void add_state(Report& report, Thread const& thread)
{
    char const* const name = thread.name();
    if (&thread == &Thread::current())
        return report.add("thread %s: runs\n", name);
    if (!thread.is_waiting())
        return report.add("thread %s: could run\n", name);
    if (thread.deadline().is_never())
        return report.add("thread %s: waits\n", name);
    auto const left =
        std::chrono::duration_cast<std::chrono::milliseconds>(thread.deadline().at - guest().now());
    report.add(
        "thread %s: waits, for at most %lld ms\n", name, static_cast<long long>(left.count()));
}

/// Follows the frame pointers that `lodger_switch` left on the stack (arch/x86/context.S).
void add_callers(Report& report, Thread const& thread)
{
    constexpr int most = 16;
    auto frame = reinterpret_cast<std::uint64_t>(thread.saved_frame());
    auto const first = reinterpret_cast<std::uint64_t>(thread.stack().data());
    std::uint64_t const end = first + thread.stack().size();
    for (int i = 0; i < most && frame >= first && frame + 16 <= end; ++i) {
        auto const* const words = reinterpret_cast<std::uint64_t const*>(frame);
        if (!is_code(words[1]))
            return;
        Symbol const symbol = find_symbol(words[1]);
        report.add(
            "    %#llx %.*s\n", static_cast<unsigned long long>(words[1]),
            static_cast<int>(symbol.name.size()), symbol.name.data());
        if (words[0] <= frame)
            return;
        frame = words[0];
    }
}

} // namespace

void print_threads()
{
    std::unique_ptr<Report> const report{new (std::nothrow) Report};
    if (!report)
        return;
    Thread::for_each([&](Thread const& thread) {
        add_state(*report, thread);
        if (&thread != &Thread::current())
            add_callers(*report, thread);
    });
    report->print();
}

} // namespace lodger::runtime
