/// Gives memory to Xen and gets some again, which is most likely the same: nothing that was in it
/// may be seen, since Xen may as well give it to another guest.
#include <lodger/runtime/balloon.hpp>
#include <lodger/runtime/guest.hpp>

#include <algorithm>
#include <cstdio>

using namespace lodger;
using runtime::guest;

namespace {

constexpr std::size_t count = 512; ///< pages, more than there are below the image
constexpr std::byte secret{0x5a};

bool is_secret(std::span<std::byte const> page)
{
    return std::ranges::all_of(page, [](std::byte byte) { return byte == secret; });
}

/// Every second one: Xen would make one large piece of neighbours, and take others first.
template <class Act>
void for_each_other(std::span<std::byte> pages, Act act)
{
    for (std::size_t at = 0; at < pages.size(); at += 2 * page_size)
        act(pages.subspan(at, page_size));
}

} // namespace

int main()
{
    std::uint64_t const full = guest().pages().all_pages() * page_size / 1024;
    runtime::set_memory_target(full);
    // The highest that are free, which are the first to go as well.
    std::span<std::byte> const pages = guest().allocate_pages(2 * count).value();
    std::ranges::fill(pages, secret);
    for_each_other(pages, [](auto page) { guest().free_pages(page); });
    runtime::set_memory_target(full - count * page_size / 1024);
    bool good = runtime::ballooned_pages() == count;
    std::printf("%zu pages are Xen's\n", runtime::ballooned_pages());
    runtime::set_memory_target(full);
    good = good && runtime::ballooned_pages() == 0;
    std::size_t seen = 0;
    for_each_other(pages, [&](auto page) { seen += is_secret(page); });
    std::printf("%zu pages hold what they held before\n", seen);
    good = good && seen == 0;
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
