#pragma once

#include <array>
#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace lodger::model {

/// What the accesses that an operation has made so far came to: with where it began, all that is
/// to be known of an operation in the middle.
template <class Word, std::size_t most>
struct Log {
    std::array<Word, most> answers{};
    Word count = 0;

    bool operator==(Log const&) const = default;

    void add(Word answer)
    {
        assert(count < most);
        answers[count++] = answer;
    }
    void clear() { *this = {}; }
};

/// Thrown out of an operation at the access after the one that it was allowed.
struct Paused {};
/// Thrown out of an access that cannot be made now.
struct Blocked {};

/// Runs an operation of the shipped code for one access more. Such code cannot be stopped in its
/// middle, so it is run again from its start: it is told what its accesses came to before, makes
/// one new access, and is thrown out of the next. What else it does that outlives the run is an
/// `effect`.
template <class Word, std::size_t most>
class Replay {
public:
    explicit Replay(Log<Word, most>& log) : log_{log} {}

    /// @param perform makes the access and gives its answer; may throw `Blocked`
    template <class Perform>
    Word access(Perform perform)
    {
        if (position_ < log_.count)
            return log_.answers[position_++];
        if (has_accessed_ && !goes_through_)
            throw Paused{};
        Word const answer = perform();
        log_.add(answer);
        ++position_;
        has_accessed_ = true;
        return answer;
    }

    /// Does once what is not an access, and is seen by nobody before the next one.
    template <class Perform>
    void effect(Perform perform)
    {
        if (position_++ < log_.count)
            return;
        perform();
        log_.add({});
    }

    /// Does not stop before the operation's end.
    void go_through() { goes_through_ = true; }

private:
    Log<Word, most>& log_;
    std::size_t position_ = 0;
    bool has_accessed_ = false;
    bool goes_through_ = false;
};

} // namespace lodger::model
