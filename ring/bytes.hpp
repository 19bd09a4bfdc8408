#pragma once

#include <lodger/core/result.hpp>
#include <lodger/core/shared.hpp>

#include <algorithm>
#include <cstdint>
#include <span>

namespace lodger::ring {

/// The producing side of a byte ring (XenStore, console). Borrows the shared page. Our index is
/// private once the ring is opened, at whatever value the page holds by then; the consumer's is
/// checked against it each time.
template <SharedAccess Memory>
class ByteProducer {
public:
    /// @param data the ring's bytes, a power of two
    ByteProducer(std::span<char> data, std::uint32_t& prod, std::uint32_t const& cons)
        : data_{data},
          shared_prod_{&prod},
          shared_cons_{&cons},
          prod_{Memory::load_relaxed(prod)}
    {
    }

    /// Bytes that fit now.
    /// @return `protocol` if the consumer's index cannot be
    Result<std::size_t> space() const
    {
        // Acquire: the consumer has read what we are about to overwrite.
        std::uint32_t const used = prod_ - Memory::load_acquire(*shared_cons_);
        if (used > data_.size())
            return Failure{Errc::protocol};
        return data_.size() - used;
    }

    /// Puts in as much as fits and shows it to the consumer.
    /// @return how many bytes that was; raise the consumer's event if it was not zero
    Result<std::size_t> write(std::span<char const> bytes)
    {
        std::size_t const count = std::min(LODGER_TRY(space()), bytes.size());
        std::size_t const at = prod_ & (data_.size() - 1);
        std::size_t const before_wrap = std::min(count, data_.size() - at);
        Memory::copy_out(data_.data() + at, bytes.data(), before_wrap);
        Memory::copy_out(data_.data(), bytes.data() + before_wrap, count - before_wrap);
        prod_ += static_cast<std::uint32_t>(count);
        Memory::store_release(*shared_prod_, prod_);
        return count;
    }

    /// Whether the consumer has taken everything.
    bool drained() const { return Memory::load_relaxed(*shared_cons_) == prod_; }

private:
    std::span<char> data_;
    std::uint32_t* shared_prod_;
    std::uint32_t const* shared_cons_;
    std::uint32_t prod_;
};

/// The consuming side of a byte ring. Borrows the shared page.
template <SharedAccess Memory>
class ByteConsumer {
public:
    ByteConsumer(std::span<char const> data, std::uint32_t& cons, std::uint32_t const& prod)
        : data_{data},
          shared_cons_{&cons},
          shared_prod_{&prod},
          cons_{Memory::load_relaxed(cons)}
    {
    }

    /// Takes out as much as there is and fits into `bytes`.
    /// @return how many bytes that was, or `protocol` if the producer's index cannot be; raise the
    /// producer's event if it was not zero, since it may be waiting for space
    Result<std::size_t> read(std::span<char> bytes)
    {
        std::uint32_t const ready = Memory::load_acquire(*shared_prod_) - cons_;
        if (ready > data_.size())
            return Failure{Errc::protocol};
        std::size_t const count = std::min<std::size_t>(ready, bytes.size());
        std::size_t const at = cons_ & (data_.size() - 1);
        std::size_t const before_wrap = std::min(count, data_.size() - at);
        Memory::copy_in(bytes.data(), data_.data() + at, before_wrap);
        Memory::copy_in(bytes.data() + before_wrap, data_.data(), count - before_wrap);
        cons_ += static_cast<std::uint32_t>(count);
        // Release: our copies are done before the producer may overwrite.
        Memory::store_release(*shared_cons_, cons_);
        return count;
    }

private:
    std::span<char const> data_;
    std::uint32_t* shared_cons_;
    std::uint32_t const* shared_prod_;
    std::uint32_t cons_;
};

} // namespace lodger::ring
