#include <lodger/grant/table.hpp>
#include <lodger/tests/unit/support/disturbed_memory.hpp>

#include <array>
#include <catch2/catch.hpp>

using namespace lodger;
using test::DisturbedMemory;

namespace {

/// A hypervisor of which the table needs nothing but its entries.
struct Entries {
    using Memory = DisturbedMemory;

    std::array<GrantEntry, grant::entries_per_frame> entries{};

    Result<Port> alloc_unbound(Domain) { return Failure{Errc::unsupported}; }
    Result<Port> bind_interdomain(Domain, Port) { return Failure{Errc::unsupported}; }
    Result<void> close(Port) { return {}; }
    Result<void> notify(Port) { return {}; }
    Result<void> listen(Port, Listener) { return {}; }
    void unlisten(Port) {}
    Result<std::span<std::byte>> allocate_pages(std::size_t) { return Failure{Errc::no_memory}; }
    void free_pages(std::span<std::byte>) {}
    Gfn gfn(void const*) { return {}; }
    Result<std::span<GrantEntry>> grant_table(std::size_t frames)
    {
        if (frames > 1)
            return Failure{Errc::no_space};
        return std::span{entries};
    }
    Instant now() { return {}; }
    Result<void> wait(WaitQueue&, Deadline) { return Failure{Errc::timed_out}; }
    void wake(WaitQueue&) {}
    std::uint32_t incarnation() { return 0; }
};

static_assert(Hypervisor<Entries>);

} // namespace

TEST_CASE("a page mapped while its grant is being revoked is never both revoked and mapped")
{
    for (std::size_t at = 1; at <= 4; ++at) {
        Entries xen;
        grant::Table<Entries> table{xen};
        DisturbedMemory::arm(0, {});
        auto const ref = table.grant(Domain{1}, Gfn{0x1234}, Access::read_write).value();
        GrantEntry& entry = xen.entries[ref.value];
        bool mapped = false;
        DisturbedMemory::arm(at, [&] {
            mapped = entry.flags & GTF_permit_access; // Xen maps only what is permitted then.
            if (mapped)
                entry.flags |= GTF_reading;
        });
        auto const revoked = table.revoke(ref);
        CHECK(revoked.has_value() != mapped);
        if (!revoked)
            CHECK(revoked.error() == Errc::busy);
    }
}

TEST_CASE("the entry becomes valid only after its frame and its domain are there")
{
    for (std::size_t at = 1; at <= 6; ++at) {
        Entries xen;
        grant::Table<Entries> table{xen};
        DisturbedMemory::arm(0, {});
        auto const first = table.grant(Domain{1}, Gfn{1}, Access::read_only).value();
        REQUIRE(table.revoke(first));
        GrantEntry const& entry = xen.entries[first.value];
        bool seen_too_early = false;
        DisturbedMemory::arm(at, [&] {
            bool const complete = entry.frame == 0x1234 && entry.domain == 3;
            seen_too_early = (entry.flags & GTF_permit_access) && !complete;
        });
        REQUIRE(table.grant(Domain{3}, Gfn{0x1234}, Access::read_write).value() == first);
        CHECK_FALSE(seen_too_early);
    }
}
