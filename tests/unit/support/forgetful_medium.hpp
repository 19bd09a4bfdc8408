#pragma once

#include <lodger/examples/sqlite/medium.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <vector>

namespace lodger::test {

/// A disk with a cache that forgets, below a database: what was written and not flushed when the
/// power goes is there or not, sector by sector, or half of it is.
class ForgetfulMedium final : public examples::Medium {
public:
    using Bytes = std::vector<std::byte>;

    ForgetfulMedium(std::size_t size, std::size_t sector) : bytes(size), sector_{sector} {}

    examples::Geometry geometry() const override
    {
        return {bytes.size(), sector_, sector_, is_read_only, true};
    }
    std::span<std::byte> memory() override { return cache_; }

    Result<> read(examples::Extent const& extent) override
    {
        if (is_off_)
            return Failure{Errc::io};
        std::uint64_t at = extent.offset;
        for (examples::Piece const piece : extent.pieces) {
            std::copy_n(&bytes.at(at), piece.size(), piece.data());
            at += piece.size();
        }
        return {};
    }

    Result<> write(std::span<examples::Extent const> extents) override
    {
        for (examples::Extent const& extent : extents) {
            std::uint64_t at = extent.offset;
            for (examples::Piece const piece : extent.pieces)
                for (std::size_t done = 0; done < piece.size(); done += sector_, at += sector_)
                    LODGER_TRY(write_sector(at, piece.subspan(done, sector_)));
        }
        return {};
    }

    Result<> flush() override
    {
        LODGER_TRY(take_step());
        if (!flush_does_nothing)
            before_.clear();
        return {};
    }

    /// Has the power go at the step with this number: each sector written is one, and each flush.
    void switch_off_at(std::size_t step) { last_step_ = steps + step; }
    bool is_off() const { return is_off_; }

    /// What the cache had is lost, or not, as `random` has it; and the power is back.
    template <class Random>
    void lose_power(Random& random)
    {
        for (auto const& [at, old] : before_) {
            switch (random() % 4) {
            case 0: break;
            case 1: std::copy_n(old.begin(), sector_ / 2, &bytes[at]); break;
            default: std::ranges::copy(old, &bytes[at]); break;
            }
        }
        before_.clear();
        is_off_ = false;
        last_step_ = never;
    }

    Bytes bytes;
    bool is_read_only = false;
    bool flush_does_nothing = false;
    std::size_t steps = 0;
    std::size_t writes = 0;

private:
    static constexpr std::size_t never = ~std::size_t{0};

    Result<> take_step()
    {
        is_off_ = is_off_ || steps == last_step_;
        ++steps;
        return is_off_ ? Failure{Errc::io} : Result<>{};
    }

    Result<> write_sector(std::uint64_t at, std::span<std::byte const> from)
    {
        LODGER_TRY(take_step());
        ++writes;
        std::byte* const place = &bytes.at(at);
        before_.try_emplace(at, place, place + sector_);
        std::ranges::copy(from, place);
        return {};
    }

    std::size_t const sector_;
    Bytes cache_ = Bytes(48 * 4096);
    std::map<std::uint64_t, Bytes> before_; ///< what unflushed sectors held
    std::size_t last_step_ = never;
    bool is_off_ = false;
};

} // namespace lodger::test
