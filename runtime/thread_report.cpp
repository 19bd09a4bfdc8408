#include <lodger/runtime/console.hpp>
#include <lodger/runtime/symbols.hpp>
#include <lodger/runtime/text.hpp>
#include <lodger/runtime/thread_report.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace lodger::runtime {
namespace {

/// Collected first and then printed, since the console may have to be waited for, and threads may
/// end meanwhile.
class Report {
public:
    void add(Text const& line)
    {
        used_ += line.view().copy(text_.data() + used_, text_.size() - used_);
    }
    std::string_view view() const { return {text_.data(), used_}; }

private:
    std::array<char, 8192> text_;
    std::size_t used_ = 0;
};

void add_state(Report& report, Thread const& thread)
{
    Text line;
    line << "thread " << thread.name() << ": ";
    if (&thread == &Thread::current())
        return report.add(line << "runs\n");
    if (!thread.is_waiting())
        return report.add(line << "could run\n");
    if (thread.deadline().is_never())
        return report.add(line << "waits\n");
    auto const left =
        std::chrono::duration_cast<std::chrono::milliseconds>(thread.deadline().at - guest().now());
    report.add(line << "waits, for at most " << left.count() << " ms\n");
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
        report.add(
            Text{} << "    0x" << Hex{words[1]} << " " << find_symbol(words[1]).name.view()
                   << "\n");
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
    print(report->view());
}

} // namespace lodger::runtime
