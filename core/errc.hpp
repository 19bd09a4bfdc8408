#pragma once

#include <cstdint>
#include <string_view>

namespace lodger {

/// Everything that a peer, XenStore, Xen or the machine can answer other than success.
/// Each outside vocabulary is translated in exactly one place: Xen's errnos here, `GNTST_*` in
/// grant/, XenStore's error strings in store/, block status codes in blkfront/.
enum class Errc : std::uint8_t {
    // Ours.
    no_memory,        ///< pages, heap or a fixed table ran out
    invalid_argument, ///< the caller's mistake that only run time could show
    timed_out,        ///< the deadline passed first
    cancelled,        ///< the caller withdrew
    would_deadlock,   ///< a wait was asked of code that runs inside the loop
    too_large,        ///< more than the protocol can carry; nothing was sent
    // Said by Xen or by XenStore.
    not_found,
    exists,
    denied,
    again,
    busy,
    no_space,
    quota,
    not_implemented,
    not_permitted_now,
    // Said by a device, or seen in how its backend behaves.
    io,           ///< the device reports failure of this request
    unsupported,  ///< the device does not do this operation
    read_only,    ///< a write to a medium that cannot be written
    out_of_range, ///< beyond the end of the medium
    misaligned,   ///< not a multiple of the sector size
    protocol,     ///< the peer broke the protocol; it is not trusted any further
    disconnected, ///< the peer has closed, died or gone
    no_device,    ///< there is no such device
    quarantined,  ///< another domain has not let go of this memory, so it is of no use yet
    // Said by a file system, as POSIX has them.
    not_a_directory,
    is_a_directory,
    not_empty,
    name_too_long,
    too_many_links,
    link_loop,    ///< more symbolic links in a path than anybody means
    cross_device, ///< from one file system to another
    unknown,      ///< an error code that this library has no name for
};

/// What an `Errc` means, for people; never empty.
constexpr std::string_view describe(Errc error)
{
    switch (error) {
    case Errc::no_memory: return "out of memory";
    case Errc::invalid_argument: return "invalid argument";
    case Errc::timed_out: return "timed out";
    case Errc::cancelled: return "cancelled";
    case Errc::would_deadlock: return "cannot wait inside an event handler";
    case Errc::too_large: return "too large for the protocol";
    case Errc::not_found: return "not found";
    case Errc::exists: return "exists already";
    case Errc::denied: return "permission denied";
    case Errc::again: return "try again";
    case Errc::busy: return "busy";
    case Errc::no_space: return "no space left";
    case Errc::quota: return "quota exceeded";
    case Errc::not_implemented: return "not implemented by the peer";
    case Errc::not_permitted_now: return "not possible in this state";
    case Errc::io: return "input/output error";
    case Errc::unsupported: return "operation not supported by the device";
    case Errc::read_only: return "the medium is read-only";
    case Errc::out_of_range: return "beyond the end of the medium";
    case Errc::misaligned: return "not a multiple of the sector size";
    case Errc::protocol: return "the other end broke the protocol";
    case Errc::disconnected: return "the other end is gone";
    case Errc::no_device: return "no such device";
    case Errc::quarantined: return "the other end has not let go of the memory";
    case Errc::not_a_directory: return "not a directory";
    case Errc::is_a_directory: return "is a directory";
    case Errc::not_empty: return "directory not empty";
    case Errc::name_too_long: return "name too long";
    case Errc::too_many_links: return "too many links";
    case Errc::link_loop: return "too many symbolic links in a path";
    case Errc::cross_device: return "not within one file system";
    case Errc::unknown: return "unknown error";
    }
    return "unknown error";
}

/// Translates a hypercall's negative return value (xen/include/public/errno.h).
/// @param error the value as Xen returned it, below zero
constexpr Errc errc_of_hypercall(long error)
{
    switch (-error) {
    case 1:  // EPERM
    case 13: // EACCES
        return Errc::denied;
    case 2: // ENOENT
    case 3: // ESRCH: no such domain
        return Errc::not_found;
    case 5: // EIO
        return Errc::io;
    case 7: // E2BIG
        return Errc::too_large;
    case 11: // EAGAIN
        return Errc::again;
    case 12: // ENOMEM
        return Errc::no_memory;
    case 16: // EBUSY
        return Errc::busy;
    case 17: // EEXIST
        return Errc::exists;
    case 19: // ENODEV
        return Errc::no_device;
    case 22: // EINVAL
        return Errc::invalid_argument;
    case 28: // ENOSPC
        return Errc::no_space;
    case 38: // ENOSYS
        return Errc::not_implemented;
    case 95: // EOPNOTSUPP
        return Errc::unsupported;
    default: return Errc::unknown;
    }
}

} // namespace lodger
