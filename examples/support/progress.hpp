#pragma once

#include <lodger/runtime/services.hpp>

#include <cinttypes>
#include <cstdio>

namespace examples {

/// A progress bar on the console, and the throughput in the end. Redraws itself a few times a
/// second, so it costs next to nothing.
class Progress {
public:
    explicit Progress(std::uint64_t total) : total_{total} {}

    void advance(std::uint64_t bytes)
    {
        done_ += bytes;
        lodger::Instant const now = lodger::guest().now();
        if (now - drawn_ >= redraw_interval || done_ == total_) {
            drawn_ = now;
            draw();
        }
    }

    /// Ends the bar's line, and says how long it all took.
    void finish(char const* what)
    {
        std::uint64_t const ms = elapsed_ms();
        std::printf(
            "\n%s %" PRIu64 " bytes in %" PRIu64 ".%03u s: %" PRIu64 " MiB/s\n", what, done_,
            ms / 1000, static_cast<unsigned>(ms % 1000), rate());
    }

private:
    static constexpr lodger::Duration redraw_interval = std::chrono::milliseconds{250};
    static constexpr unsigned width = 40;

    std::uint64_t elapsed_ms() const
    {
        auto const elapsed = lodger::guest().now() - start_;
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
    }

    /// MiB/s
    std::uint64_t rate() const { return done_ * 1000 / (elapsed_ms() + 1) >> 20; }

    void draw() const
    {
        static constexpr char full[] = "########################################";
        static constexpr char empty[] = "........................................";
        unsigned const bars = total_ ? static_cast<unsigned>(done_ * width / total_) : width;
        unsigned const percent = total_ ? static_cast<unsigned>(done_ * 100 / total_) : 100;
        std::printf(
            "\r[%.*s%.*s] %3u %%  %" PRIu64 " MiB/s ", static_cast<int>(bars), full,
            static_cast<int>(width - bars), empty, percent, rate());
        std::fflush(stdout);
    }

    std::uint64_t total_;
    std::uint64_t done_ = 0;
    lodger::Instant start_ = lodger::guest().now();
    lodger::Instant drawn_ = start_;
};

} // namespace examples
