#pragma once

#include <lodger/posix/mount.hpp>
#include <lodger/posix/process.hpp>
#include <lodger/tests/unit/support/guest_posix.hpp>
#include <lodger/tests/unit/support/memory_file_system.hpp>

#include <catch2/catch.hpp>
#include <unistd.h>

namespace lodger::test {

/// Files in memory, mounted until the end of the test, when none may be open any more.
class Mounted {
public:
    explicit Mounted(std::string_view at = "/") : at_{at} { REQUIRE(posix::mount(at_, fs)); }
    Mounted(Mounted const&) = delete;
    Mounted& operator=(Mounted const&) = delete;
    ~Mounted()
    {
        CHECK(fs.users == 0);
        static_cast<void>(posix::unmount(at_));
    }

    mutable MemoryFileSystem fs;

private:
    std::string at_;
};

} // namespace lodger::test
