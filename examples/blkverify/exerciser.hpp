#pragma once

#include "changes.hpp"
#include "pattern.hpp"
#include "settings.hpp"
#include "slot.hpp"
#include "tally.hpp"

namespace blkverify {

/// Exercises one disk on a thread of its own: random requests until it is told to stop, then all
/// that was used is read once more.
class Exerciser {
public:
    enum class Stage : std::uint8_t { random, reading_back, over };

    /// How much is under way at a time.
    struct Shape {
        std::size_t depth = 0;
        std::uint64_t largest = 0; ///< bytes of a request

        /// What is asked for, or as much of it as the pages are enough for.
        static Shape within(Settings const& settings, std::size_t pool_pages);
        /// Each request's data may begin anywhere in its first page.
        std::size_t pool_pages() const { return depth * (largest / page_size + 1); }
    };

    /// @param device which is connected, and made for that shape
    Exerciser(
        BlockDevice& device, Settings const& settings, Shape shape, char const* name,
        std::uint32_t seed);
    Exerciser(Exerciser const&) = delete;
    Exerciser& operator=(Exerciser const&) = delete;

    /// Makes ready. @return whether that could be; if not, says why
    bool prepare();
    void on_change(blkfront::Change change);
    Result<> start();
    /// Has it make no more random requests.
    void stop() { is_stopped_ = true; }
    /// Closes the disk. @return whether that went well; if not, says why
    bool close();

    char const* name() const { return name_; }
    Stage stage() const { return stage_; }
    Tally const& tally() const { return tally_; }
    Changes& changes() { return changes_; }
    BlockDevice const& device() const { return device_; }
    std::size_t under_way() const;
    /// Those under way of which the disk has not said yet what came of them.
    std::size_t unanswered() const;
    /// Waits until it is over, or may be.
    Result<> wait(Deadline deadline) { return lodger::wait(guest(), over_, deadline); }
    /// Says what came of it all, if it is worth saying. @return whether all is well
    bool judge() const;

private:
    /// What a stage wants to do next with an idle slot.
    enum class Next : std::uint8_t { request, not_now, nothing_more };

    void run();
    template <class Prepare>
    void pump(Prepare prepare);
    template <class Prepare>
    bool fill(Prepare prepare);
    bool submit(Slot& slot);
    bool is_hung() const;
    void abandon_all();

    Next prepare_random(Slot& slot);
    bool prepare_read(Slot& slot, Range range);
    bool prepare_write(Slot& slot, Range range);
    Range random_range();
    Next prepare_reading_back(Slot& slot);

    void harvest();
    void finish(Slot& slot);
    void fail(Slot const& slot);
    void verify(Slot const& slot);
    void verify_block(std::uint64_t block, blkfront::Piece bytes);
    void report(std::uint64_t sector, Journal::Block const& expected, ConstSector found);
    void print_end() const;

    static constexpr Duration look_interval = std::chrono::milliseconds{200};
    static constexpr std::uint64_t most_reported = 8;

    Settings const& settings_;
    char const* name_;
    std::uint32_t seed_;
    Random random_;
    BlockDevice& device_;
    Journal journal_;
    std::unique_ptr<Slot[]> slots_;
    std::size_t depth_ = 0;
    std::uint64_t block_size_ = 0;
    std::uint64_t largest_ = 0; ///< blocks of a request
    std::uint32_t generation_ = 0;
    std::uint64_t read_back_ = 0; ///< blocks
    std::uint64_t unverified_ = 0;
    Tally tally_;
    Changes changes_;
    WaitQueue over_;
    Stage stage_ = Stage::random;
    Instant heard_at_{};
    Instant lost_at_{};
    Instant failed_at_{};
    std::uint64_t failed_by_loss_ = 0;
    std::optional<Errc> ended_;
    bool is_stopped_ = false;
    bool is_hung_up_ = false;
    bool is_closing_ = false;
};

} // namespace blkverify
