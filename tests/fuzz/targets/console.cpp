#include <lodger/console/console.hpp>
#include <lodger/tests/fuzz/domain.hpp>

#include <string>

using namespace lodger;

// The console over a page that a hostile reader changes between any two accesses: nothing is
// touched out of bounds, and a write ends however little is read.

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    fuzz::SharedPage<console::Page> page;
    page->out_prod = page->out_cons = input.take<std::uint32_t>();
    page->in_prod = page->in_cons = input.take<std::uint32_t>();
    fuzz::Peer peer{input};
    peer.lets_copy(std::as_bytes(std::span{page->out}));
    peer.lets_copy(std::as_bytes(std::span{page->in}));
    peer.owns(page.bytes());
    for (auto* const cell : {&page->out_prod, &page->out_cons, &page->in_prod, &page->in_cons})
        peer.aims_at(*cell);
    fuzz::FuzzDomain domain;
    domain.meanwhile = [&] {
        // A reader that reads, and types, at times.
        auto const how = input.take<std::uint8_t>();
        if (how % 2)
            page->out_cons += std::min<std::uint32_t>(how, page->out_prod - page->out_cons);
        else if (how % 4 == 0)
            page->in_prod += how / 4;
        return !input.empty() && how % 8 != 7;
    };
    console::Console<fuzz::FuzzDomain> console{domain, *page, Port{1}};
    for (int steps = 0; !input.empty() && steps < 200; ++steps) {
        Instant const before = domain.now();
        std::vector<char> buffer(1 + input.up_to(1500));
        auto const how = input.take<std::uint8_t>();
        if (how % 3 == 0) {
            auto const count = console.read(buffer, after(domain, std::chrono::milliseconds{how}));
            fuzz::require(!count || (*count > 0 && *count <= buffer.size()));
        } else if (how % 3 == 1) {
            std::string text{input.take_text()};
            if (how % 2)
                text.resize(input.up_to(6000), 'x');
            static_cast<void>(console.write(text));
        } else {
            static_cast<void>(console.drain());
        }
        // Each wait is for some progress, and each progress is one that the input paid for.
        fuzz::require(domain.now() - before <= std::chrono::seconds{1} * (2 + size));
    }
    return 0;
}
