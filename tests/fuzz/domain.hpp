#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/tests/fuzz/memory.hpp>

#include <array>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

namespace lodger::fuzz {

/// A guest with one thread, in virtual time: whoever waits is woken by what `meanwhile` does, or
/// else its deadline passes at once.
class FuzzDomain {
public:
    using Memory = fuzz::Memory;

    FuzzDomain() = default;
    FuzzDomain(FuzzDomain const&) = delete;
    FuzzDomain& operator=(FuzzDomain const&) = delete;
    ~FuzzDomain()
    {
        for (std::byte* const pages : allocated_)
            std::free(pages);
    }

    /// What happens while somebody waits.
    /// @return whether our event is raised then
    std::function<bool()> meanwhile = [] { return false; };

    Result<Port> alloc_unbound(Domain) { return Port{1}; }
    Result<Port> bind_interdomain(Domain, Port) { return Port{1}; }
    Result<void> close(Port) { return {}; }
    Result<void> notify(Port)
    {
        ++notified;
        return {};
    }
    Result<void> listen(Port, Listener listener)
    {
        listener_ = listener;
        return {};
    }
    void unlisten(Port) { listener_ = {}; }

    Result<std::span<std::byte>> allocate_pages(std::size_t count)
    {
        std::size_t const size = count * page_size;
        auto* const pages = static_cast<std::byte*>(std::aligned_alloc(page_size, size));
        std::memset(pages, 0, size);
        allocated_.push_back(pages);
        return std::span{pages, size};
    }
    void free_pages(std::span<std::byte>) {} // at our own end
    Gfn gfn(void const* address) const
    {
        return Gfn{reinterpret_cast<std::uintptr_t>(address) / page_size & 0xffffffff};
    }
    Result<std::span<GrantEntry>> grant_table(std::size_t frames)
    {
        if (frames > 1)
            return Failure{Errc::no_space};
        return std::span{grant_entries};
    }

    Instant now() const { return now_; }
    Result<void> wait(WaitQueue& queue, Deadline deadline)
    {
        Waiter waiter;
        queue.add(waiter);
        now_ += std::chrono::microseconds{1}; // so that a storm of events cannot stop the clock
        if (!deadline.passed(now_) && meanwhile() && listener_.call)
            listener_.call(listener_.object);
        if (!waiter.is_waiting())
            return {};
        WaitQueue::remove(waiter);
        require(!deadline.is_never()); // that would be a hang
        now_ = std::max(now_, deadline.at);
        return Failure{Errc::timed_out};
    }
    void wake(WaitQueue& queue)
    {
        while (queue.take()) {
        }
    }

    std::uint32_t incarnation() const { return 0; }

    std::size_t notified = 0;
    std::vector<GrantEntry> grant_entries{page_size / sizeof(GrantEntry)};

private:
    Listener listener_{};
    Instant now_{};
    std::vector<std::byte*> allocated_;
};

static_assert(Hypervisor<FuzzDomain>);

/// A whole page of which the start is laid out as `T`; nothing beyond it may be touched.
template <class T>
class SharedPage {
public:
    T* operator->() { return &layout(); }
    T& operator*() { return layout(); }
    std::span<std::byte> bytes() { return *bytes_; }

private:
    T& layout() { return *reinterpret_cast<T*>(bytes_->data()); }

    std::unique_ptr<std::array<std::byte, page_size>> bytes_ =
        std::make_unique<std::array<std::byte, page_size>>();
};

} // namespace lodger::fuzz
