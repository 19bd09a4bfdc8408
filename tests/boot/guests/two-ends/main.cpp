/// Ends by `exit` in a thread, and while that unmounts by `main` as well, which unmounts before.
#include <lodger/posix/mount.hpp>
#include <lodger/runtime/console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/thread.hpp>

#include <cstdlib>

using namespace lodger;
using namespace std::literals;
using runtime::guest;

namespace {

/// It has no files, and takes its time at the end.
class Slow final : public posix::FileSystem {
public:
    bool is_ending = false;

    Result<posix::File*> open(std::string_view, int, mode_t) override { return none; }
    Result<> status(std::string_view, posix::LastLink, struct stat&) override { return none; }
    Result<> unmounted() override
    {
        is_ending = true;
        guest().sleep_until(guest().now() + 50ms);
        runtime::print("all is written\n");
        return {};
    }

private:
    static constexpr Failure none{Errc::not_found};
};

} // namespace

int main()
{
    static Slow slow; // has no destructor
    if (!posix::mount("/", slow))
        return 2;
    auto const ender = *runtime::spawn({"ender"}, [] { std::exit(0); });
    while (!slow.is_ending)
        guest().scheduler().yield();
    auto const unmounted = posix::unmount("/");
    runtime::print(unmounted ? "unmounted twice\n" : "it is unmounted\n");
    std::exit(1);
}
