// The byte rings of XenStore and the console, under x86's memory model. They suppress no events:
// whoever has moved anything says so, and only who can move nothing sleeps.

#include <lodger/ring/bytes.hpp>
#include <lodger/tests/model/show.hpp>
#include <lodger/tests/model/two_cpus.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace lodger::model;

namespace {

using Producer = ring::ByteProducer<TsoMemory>;
using Consumer = ring::ByteConsumer<TsoMemory>;

constexpr std::size_t room = 4;
constexpr std::uint8_t all_bytes = 7;
constexpr std::uint8_t at_once = 2; ///< bytes to a read or a write

struct Page {
    std::array<std::uint32_t, Layout::indices> indices;
    std::array<char, room> data;
};
Page page;
std::uint32_t& prod = page.indices[0];
std::uint32_t& cons = page.indices[1];

/// Whether each end raises the other's event.
bool writer_notifies = true;
bool reader_notifies = true;

char byte_at(std::size_t position)
{
    return static_cast<char>('a' + position);
}

/// All that an end has besides what never changes: its private index, the last member.
template <class Ring>
struct Kept {
    std::array<std::byte, sizeof(Ring) - 4> bytes{};

    explicit Kept(Ring const& ring) { std::memcpy(bytes.data(), &ring, sizeof bytes); }
    bool operator==(Kept const&) const = default;

    template <class Use>
    auto with(Use use)
    {
        std::array<std::byte, sizeof(Ring)> image{};
        std::memcpy(image.data(), bytes.data(), sizeof bytes);
        Ring ring = std::bit_cast<Ring>(image);
        auto const result = use(ring);
        std::memcpy(bytes.data(), &ring, sizeof bytes);
        return result;
    }
};
static_assert(std::is_trivially_copyable_v<Producer> && std::is_trivially_copyable_v<Consumer>);

Choice sleep_until_event(Cpu& cpu, Events events, Operation next)
{
    cpu.locked("wakes up", [&] {
        if (!std::exchange(events.own, std::uint8_t{0}))
            throw Blocked{};
    });
    return any_of(next);
}

struct Writer {
    static constexpr std::string_view name = "writer";

    Kept<Producer> ring{Producer{page.data, prod, cons}};
    std::uint32_t written = 0;

    bool operator==(Writer const&) const = default;
    bool is_done() const { return written == all_bytes; }

    Choice run(Operation operation, Cpu& cpu, Events events)
    {
        if (operation == Operation::sleep)
            return sleep_until_event(cpu, events, Operation::put);
        if (operation == Operation::notify) {
            cpu.locked("raises the event", [&] { events.other = 1; });
            return any_of(is_done() ? Operation::sleep : Operation::put);
        }
        std::array<char, at_once> text;
        std::size_t const size = std::min<std::size_t>(at_once, all_bytes - written);
        for (std::size_t i = 0; i < size; ++i)
            text[i] = byte_at(written + i);
        auto const count = ring.with(
            [&](Producer& producer) { return producer.write(std::span{text}.first(size)); });
        if (!count)
            throw Violation{"the writer takes the reader's index for nonsense"};
        written += static_cast<std::uint32_t>(*count);
        if (*count == 0)
            return any_of(Operation::sleep);
        return any_of(writer_notifies ? Operation::notify : Operation::put);
    }
};

struct Reader {
    static constexpr std::string_view name = "reader";

    Kept<Consumer> ring{Consumer{page.data, cons, prod}};
    std::uint32_t read = 0;

    bool operator==(Reader const&) const = default;
    bool is_done() const { return read == all_bytes; }

    Choice run(Operation operation, Cpu& cpu, Events events)
    {
        if (operation == Operation::sleep)
            return sleep_until_event(cpu, events, Operation::take);
        if (operation == Operation::notify) {
            cpu.locked("raises the event", [&] { events.other = 1; });
            return any_of(Operation::take);
        }
        std::array<char, at_once> text;
        auto const count = ring.with([&](Consumer& consumer) { return consumer.read(text); });
        if (!count)
            throw Violation{"the reader takes the writer's index for nonsense"};
        for (std::size_t i = 0; i < *count; ++i) {
            if (text[i] != byte_at(read++))
                throw Violation{"a byte is read before it is written, or written over too early"};
        }
        if (*count == 0)
            return any_of(Operation::sleep);
        return any_of(reader_notifies ? Operation::notify : Operation::take);
    }
};

using ByteModel = TwoCpus<Writer, Reader, Layout::indices + room>;

ByteModel model_where(bool writer_says, bool reader_says)
{
    writer_notifies = writer_says;
    reader_notifies = reader_says;
    prod = cons = 0xfffffffe;
    ByteModel::State state{};
    state.memory[0] = state.memory[1] = prod;
    state.first.end = Writer{};
    state.first.next = any_of(Operation::put);
    state.second.end = Reader{};
    state.second.next = any_of(Operation::take);
    Layout const layout{
        reinterpret_cast<std::byte const*>(&page),
        offsetof(Page, data),
        sizeof(char),
        {"prod", "cons"}};
    return {layout, state};
}

} // namespace

TEST_CASE("all bytes come through a small ring, and neither end sleeps for ever")
{
    REQUIRE(explore_and_show("7 bytes in a ring of 4", model_where(true, true)).violation == "");
}

TEST_CASE("an end that says nothing leaves the other asleep")
{
    auto const writer = explore_and_show("writer without events", model_where(false, true));
    REQUIRE(writer.violation == ByteModel::stuck);
    auto const reader = explore_and_show("reader without events", model_where(true, false));
    REQUIRE(reader.violation == ByteModel::stuck);
}

TEST_CASE("an index that is seen before its bytes makes the reader read too early")
{
    auto early = model_where(true, true);
    early.omit(0, Operation::put, {.release = true});
    auto const report = explore_and_show("writer without release", early);
    REQUIRE(report.violation.find("read before it is written") != std::string::npos);
}
