#pragma once

#include <lodger/core/result.hpp>
#include <lodger/grant/abi.hpp>

namespace lodger::grant {

/// Translates the status that a grant table operation wrote (`GNTST_*`,
/// xen/include/public/grant_table.h). Look at it after every operation (XSA-361, 362).
inline Result<> check_status(int status)
{
    switch (status) {
    case GNTST_okay: return {};
    case GNTST_bad_domain: return Failure{Errc::not_found};
    case GNTST_bad_gntref:
    case GNTST_bad_handle:
    case GNTST_bad_virt_addr:
    case GNTST_bad_dev_addr:
    case GNTST_bad_page:
    case GNTST_address_too_big: return Failure{Errc::invalid_argument};
    case GNTST_permission_denied: return Failure{Errc::denied};
    case GNTST_no_space:
    case GNTST_no_device_space: return Failure{Errc::no_space};
    case GNTST_eagain: return Failure{Errc::again};
    default: return Failure{Errc::unknown};
    }
}

} // namespace lodger::grant
