#pragma once

#include <lodger/tests/sim/block/job.hpp>
#include <lodger/tests/sim/block/rig.hpp>

#include <algorithm>

namespace lodger::sim {

/// Keeps requests under way to a disk, each in a part of its own, and keeps account of what each
/// part must hold, of how often each request completed, and of what became of it.
class Load {
public:
    using Device = BlockRig::Device;
    static constexpr std::size_t parts = 32;
    static constexpr std::size_t part_size = 16 * 1024;
    static constexpr std::size_t disk_size = parts * part_size;
    static constexpr std::size_t room = part_size + page_size; ///< data begins anywhere in a page
    /// With some to spare for what else a test does.
    static constexpr std::size_t pool_pages = parts * room / page_size + 8;

    /// @param unit what places and sizes are multiples of
    Load(Device& device, Random& random, std::vector<std::byte> contents, std::size_t unit = 512)
        : device_{device},
          random_{random},
          contents_{std::move(contents)},
          unit_{unit},
          buffer_{blkfront::Buffer<Domain>::allocate(device.pool(), parts * room).value()}
    {
        for (std::size_t i = 0; i < parts; ++i)
            all_[i].load = this;
    }

    /// Makes requests of every part again and again until `enough()`, then waits for the last.
    /// @return `timed_out` if nothing completed for a long time
    template <class Enough>
    Result<> run(Enough enough)
    {
        while (true) {
            std::size_t under_way = 0;
            for (std::size_t i = 0; i < parts; ++i) {
                if (!all_[i].is_in_flight() && !enough() && !device_failed_)
                    start(i);
                under_way += all_[i].is_in_flight();
            }
            device_.publish();
            if (under_way == 0)
                return {};
            LODGER_TRY(device_.wait(after(device_.hypervisor(), std::chrono::minutes{10})));
        }
    }

    /// How many requests were submitted, completed and failed, of all parts.
    std::size_t submitted = 0;
    std::size_t completed = 0;
    std::size_t failed = 0;
    std::optional<Errc> failed_with; ///< `unknown` if they failed with different errors
    Instant failed_at{};             ///< the last of them
    bool has_read_wrong = false;

    std::size_t under_way() const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(all_, [](Request const& each) { return each.is_in_flight(); }));
    }

    /// Whether the medium holds what was written; what failed may have been written or not.
    bool agrees_with(std::vector<std::byte> const& medium) const
    {
        for (std::size_t i = 0; i < parts; ++i) {
            auto const begin = static_cast<std::ptrdiff_t>(i * part_size);
            auto const end = begin + static_cast<std::ptrdiff_t>(part_size);
            if (!all_[i].is_uncertain &&
                !std::equal(
                    contents_.begin() + begin, contents_.begin() + end, medium.begin() + begin))
                return false;
        }
        return true;
    }

private:
    struct Request : blkfront::Io {
        Load* load = nullptr;
        std::array<blkfront::Piece, part_size / 512> list;
        bool is_uncertain = false; ///< a write of this part has failed

        static void complete(blkfront::Io& io, Result<> outcome)
        {
            auto& self = static_cast<Request&>(io);
            self.load->finish(self, outcome);
        }
    };

    void start(std::size_t part)
    {
        Request& request = all_[part];
        std::size_t const most = random_.chance(6) ? part_size : 2 * page_size;
        std::size_t const size = random_.between(1, most / unit_) * unit_;
        std::size_t const at = random_.below((part_size - size) / unit_ + 1) * unit_;
        std::size_t const start = random_.below(page_size / unit_) * unit_;
        request.operation =
            random_.chance(2) ? blkfront::Operation::read : blkfront::Operation::write;
        request.offset = part * part_size + at;
        request.data = buffer_.bytes().subspan(part * room + start, size);
        request.on_complete = &Request::complete;
        // In small pieces it has more segments than a direct request holds.
        std::size_t const count = random_.chance(4) ? size / unit_ : 0;
        for (std::size_t done = 0; done < size; done += unit_) {
            auto const piece = request.data.subspan(done, unit_);
            std::ranges::fill(piece, static_cast<std::byte>(++filling_));
            request.list[done / unit_] = piece;
        }
        request.scattered = std::span{request.list}.first(count);
        if (auto const taken = device_.submit(request); !taken)
            return note(taken.error());
        ++submitted;
    }

    void finish(Request& request, Result<> outcome)
    {
        ++completed;
        bool const is_write = request.operation == blkfront::Operation::write;
        auto const place = std::span{contents_}.subspan(request.offset, request.data.size());
        if (!outcome) {
            ++failed;
            request.is_uncertain |= is_write;
            return note(outcome.error());
        }
        if (is_write)
            std::ranges::copy(request.data, place.begin());
        else if (!request.is_uncertain && !std::ranges::equal(request.data, place))
            has_read_wrong = true;
    }

    void note(Errc error)
    {
        device_failed_ = true;
        failed_at = device_.hypervisor().now();
        failed_with = failed_with.value_or(error) == error ? error : Errc::unknown;
    }

    Device& device_;
    Random& random_;
    std::vector<std::byte> contents_;
    std::size_t unit_;
    blkfront::Buffer<Domain> buffer_;
    std::array<Request, parts> all_;
    unsigned filling_ = 1;
    bool device_failed_ = false;
};

} // namespace lodger::sim
