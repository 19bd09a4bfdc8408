#pragma once

namespace lodger::posix {

using CloseFiles = void (*)();

/// Called in this order when the guest ends, after the C library has written out its streams. Null
/// until there is something to be done then: an image that opens no disk has none of that.
extern constinit CloseFiles close_mounts;
extern constinit CloseFiles close_disks;

} // namespace lodger::posix
