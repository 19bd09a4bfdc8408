#pragma once

#include <lodger/blkfront/io.hpp>

namespace lodger::sim {

/// One of many requests under way: what it does, and how often it completed.
struct Job : blkfront::Io {
    std::size_t completions = 0;
    Result<> outcome;

    static void complete(blkfront::Io& io, Result<> outcome)
    {
        auto& job = static_cast<Job&>(io);
        ++job.completions;
        job.outcome = outcome;
    }
};

} // namespace lodger::sim
