// A hypervisor that lacks an operation is found out where it is given to the library.
// error: static assertion failed
// error: wake

#include <lodger/core/hypervisor.hpp>

using namespace lodger;

struct Model {
    using Memory = SharedMemory;

    Result<Port> alloc_unbound(Domain);
    Result<Port> bind_interdomain(Domain, Port);
    Result<void> close(Port);
    Result<void> notify(Port);
    Result<void> listen(Port, Listener);
    void unlisten(Port);
    Result<std::span<std::byte>> allocate_pages(std::size_t);
    void free_pages(std::span<std::byte>);
    Gfn gfn(void const*);
    Result<std::span<GrantEntry>> grant_table(std::size_t);
    Instant now();
    Result<void> wait(WaitQueue&, Deadline);
    std::uint32_t incarnation();
#ifdef FIXED
    void wake(WaitQueue&);
#endif
};

static_assert(Hypervisor<Model>);
