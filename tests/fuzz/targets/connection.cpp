#include <lodger/store/client.hpp>
#include <lodger/tests/fuzz/domain.hpp>
#include <lodger/tests/fuzz/store_peer.hpp>

using namespace lodger;
using namespace std::literals;

// The client over a page that a hostile daemon changes between any two accesses: every call ends
// by its deadline with a value or an error, and nothing is read or written out of bounds.

namespace {

using Client = store::Client<fuzz::FuzzDomain>;
using Watch = store::Watch<fuzz::FuzzDomain>;

class Run {
public:
    Run(fuzz::Input& input, fuzz::FuzzDomain& domain, store::Page& page)
        : input_{input},
          domain_{domain},
          client_{domain, page, Port{1}}
    {
    }

    bool start() { return client_.start().has_value(); }

    void step()
    {
        Instant const before = domain_.now();
        Deadline const deadline = after(domain_, std::chrono::milliseconds{input_.up_to(255)});
        perform(deadline);
        // What aborts a transaction has a second more.
        fuzz::require(domain_.now() <= std::max(before, deadline.at) + 1200ms);
    }

private:
    void perform(Deadline deadline)
    {
        switch (input_.take<std::uint8_t>() % 10) {
        case 0: return read(deadline);
        case 1: return write(deadline);
        case 2: return static_cast<void>(client_.operations().list("data", deadline));
        case 3: return read_each(deadline);
        case 4: return transaction(deadline);
        case 5: return watch(deadline);
        case 6: return next(deadline);
        case 7:
            if (!watches_.empty())
                watches_.erase(watches_.begin());
            return;
        case 8: return static_cast<void>(client_.connection().reconnect(deadline));
        case 9: return wait_until(deadline);
        }
    }

    void read(Deadline deadline)
    {
        std::vector<char> buffer(input_.up_to(200));
        auto const value = client_.read("data/a", buffer, deadline);
        if (value && !buffer.empty())
            fuzz::require(value->data() == buffer.data() && value->size() <= buffer.size());
    }

    void write(Deadline deadline)
    {
        std::string value{input_.take_text()};
        if (input_.take<std::uint8_t>() % 4 == 0)
            value.resize(input_.up_to(store::most_payload));
        static_cast<void>(client_.write("data/a", std::string_view{value}, deadline));
    }

    void read_each(Deadline deadline)
    {
        std::vector<store::Path> const paths(input_.up_to(60), "data/a");
        std::size_t next = 0;
        static_cast<void>(client_.read_each(
            paths, deadline, [&](std::size_t index, auto const& value) -> Result<> {
                fuzz::require(index == next++);
                return value ? Result<>{} : Failure{value.error()};
            }));
    }

    void transaction(Deadline deadline)
    {
        int runs = 0;
        static_cast<void>(client_.transaction(
            [&](auto& operations) {
                fuzz::require(++runs <= store::most_attempts);
                return operations.write("data/a", "x"sv, deadline);
            },
            deadline));
    }

    void watch(Deadline deadline)
    {
        if (watches_.size() == 20)
            return;
        if (auto made = client_.watch("data/w", deadline))
            watches_.push_back(std::move(*made));
    }

    void next(Deadline deadline)
    {
        std::array<char, store::longest_absolute_path> buffer;
        if (!watches_.empty())
            static_cast<void>(watches_.back().next(buffer, deadline));
    }

    void wait_until(Deadline deadline)
    {
        static_cast<void>(client_.wait_until(
            [&](auto& observer) -> Result<bool> {
                return LODGER_TRY(observer.template read<unsigned>("data/n")) == 1;
            },
            deadline));
    }

    fuzz::Input& input_;
    fuzz::FuzzDomain& domain_;
    Client client_;
    std::vector<Watch> watches_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input input{data, size};
    fuzz::SharedPage<store::Page> page;
    page->req_prod = page->req_cons = input.take<std::uint32_t>();
    page->rsp_prod = page->rsp_cons = input.take<std::uint32_t>();
    page->error = input.take<std::uint8_t>() % 4;
    page->server_features = input.take<std::uint8_t>();
    page->connection = input.take<std::uint8_t>() % 4 == 0;
    fuzz::Peer peer{input};
    peer.lets_copy(std::as_bytes(std::span{page->req}));
    peer.lets_copy(std::as_bytes(std::span{page->rsp}));
    bool const is_hostile = input.take<std::uint8_t>() % 2;
    if (is_hostile) {
        peer.owns(page.bytes());
        for (auto* const cell :
             {&page->req_prod, &page->req_cons, &page->rsp_prod, &page->rsp_cons,
              &page->server_features, &page->connection, &page->error})
            peer.aims_at(*cell);
    }
    fuzz::StorePeer daemon{input, *page, is_hostile};
    fuzz::FuzzDomain domain;
    domain.meanwhile = [&] {
        bool const offered = page->server_features & XENSTORE_SERVER_FEATURE_RECONNECTION;
        if (page->connection == XENSTORE_RECONNECT && offered && !is_hostile)
            daemon.reconnect();
        return !input.empty() && daemon.work();
    };
    Run run{input, domain, *page};
    if (!run.start())
        return 0;
    for (int steps = 0; !input.empty() && steps < 200; ++steps)
        run.step();
    return 0;
}
