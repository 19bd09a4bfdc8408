#include <lodger/arch/x86/balloon.hpp>
#include <lodger/runtime/balloon.hpp>
#include <lodger/runtime/services.hpp>

#include <algorithm>
#include <optional>

namespace lodger::runtime {
namespace {

/// Free pages that are kept, so that the guest can go on.
constexpr std::size_t least_free = 128;

/// Which pages Xen has, a bit each; made when the first one is given.
class Given {
public:
    Result<> start()
    {
        constexpr std::size_t bits = page_size * 8;
        std::size_t const pages = guest().boot_info().memory_end().value;
        std::span<std::byte> const bytes =
            LODGER_TRY(guest().allocate_pages((pages + bits - 1) / bits));
        words_ = {reinterpret_cast<std::uint64_t*>(bytes.data()), bytes.size() / 8};
        return {};
    }

    bool is_started() const { return !words_.empty(); }
    std::size_t count() const { return count_; }

    void add(Pfn page)
    {
        words_[page.value / 64] |= std::uint64_t{1} << page.value % 64;
        ++count_;
    }
    void remove(Pfn page)
    {
        words_[page.value / 64] &= ~(std::uint64_t{1} << page.value % 64);
        --count_;
    }
    /// The lowest page; there must be one.
    Pfn first() const
    {
        auto const word = std::ranges::find_if(words_, [](std::uint64_t bits) { return bits; });
        auto const index = static_cast<std::uint64_t>(word - words_.begin());
        return Pfn{index * 64 + static_cast<std::uint64_t>(std::countr_zero(*word))};
    }

private:
    std::span<std::uint64_t> words_;
    std::size_t count_ = 0;
};

constinit Given given;

Result<> give_one()
{
    if (guest().pages().free_pages() <= least_free)
        return Failure{Errc::no_memory};
    if (!given.is_started())
        LODGER_TRY(given.start());
    Pfn const page = LODGER_TRY(guest().pages().take_for_good());
    if (auto const gone = arch::give_to_xen(page); !gone) {
        guest().pages().put_back(page);
        return gone;
    }
    given.add(page);
    return {};
}

Result<> get_one()
{
    Pfn const page = given.first();
    LODGER_TRY(arch::get_from_xen(page));
    given.remove(page);
    guest().pages().put_back(page);
    return {};
}

/// The KiB that stand for all the pages the guest began with. A PV guest begins with what
/// `memory=` says, any other with what `maxmem=` says (tools/libs/guest/xg_dom_x86.c).
std::uint64_t full_size(std::uint64_t first_target)
{
    static constinit std::optional<std::uint64_t> known{};
    Store* const store = started_xenstore();
    if (!known && guest().boot_info().mode != arch::Mode::pv && store) {
        if (auto const most = store->read<std::uint64_t>("memory/static-max"))
            known = *most;
    }
    if (!known)
        known = first_target;
    return *known;
}

} // namespace

std::size_t ballooned_pages()
{
    return given.count();
}

void set_memory_target(std::uint64_t kib)
{
    constexpr unsigned pages_a_turn = 64;
    std::uint64_t const full = full_size(kib);
    std::uint64_t const wanted = kib < full ? (full - kib) * 1024 / page_size : 0;
    for (unsigned moved = 1; given.count() != wanted; ++moved) {
        if (!(given.count() < wanted ? give_one() : get_one()))
            return;
        if (moved % pages_a_turn == 0)
            guest().scheduler().yield();
    }
}

} // namespace lodger::runtime
