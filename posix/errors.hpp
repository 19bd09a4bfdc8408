#pragma once

#include <lodger/core/errc.hpp>

#include <cerrno>

namespace lodger::posix {

/// The number that programs know an error by: the one place where it becomes one.
constexpr int errno_of(Errc error)
{
    switch (error) {
    case Errc::no_memory: return ENOMEM;
    case Errc::invalid_argument: return EINVAL;
    case Errc::timed_out: return ETIMEDOUT;
    case Errc::cancelled: return ECANCELED;
    case Errc::would_deadlock: return EDEADLK;
    case Errc::too_large: return EFBIG;
    case Errc::not_found: return ENOENT;
    case Errc::exists: return EEXIST;
    case Errc::denied: return EACCES;
    case Errc::again: return EAGAIN;
    case Errc::busy: return EBUSY;
    case Errc::no_space: return ENOSPC;
    case Errc::quota: return ENOSPC;
    case Errc::not_implemented: return ENOSYS;
    case Errc::not_permitted_now: return EPERM;
    case Errc::io: return EIO;
    case Errc::unsupported: return EOPNOTSUPP;
    case Errc::read_only: return EROFS;
    case Errc::out_of_range: return ENOSPC;
    case Errc::misaligned: return EINVAL;
    case Errc::protocol: return EPROTO;
    case Errc::disconnected: return ENXIO;
    case Errc::no_device: return ENOENT;
    case Errc::quarantined: return EIO;
    case Errc::not_a_directory: return ENOTDIR;
    case Errc::is_a_directory: return EISDIR;
    case Errc::not_empty: return ENOTEMPTY;
    case Errc::name_too_long: return ENAMETOOLONG;
    case Errc::too_many_links: return EMLINK;
    case Errc::link_loop: return ELOOP;
    case Errc::cross_device: return EXDEV;
    case Errc::unknown: return EIO;
    }
    return EIO;
}

/// How a system call fails. @return -1
inline int fail(int error)
{
    errno = error;
    return -1;
}

inline int fail(Errc error)
{
    return fail(errno_of(error));
}

} // namespace lodger::posix
