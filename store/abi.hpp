#pragma once

/// XenStore's wire format, and what this directory relies on in it.

#include <cstddef>
#include <cstdint>

#include <xen/io/xs_wire.h>

namespace lodger::store {

using Page = ::xenstore_domain_interface;
using Header = ::xsd_sockmsg;

static_assert(sizeof(Header) == 16);
static_assert(offsetof(Header, len) == 12);
static_assert(offsetof(Page, rsp) == 1024);
static_assert(offsetof(Page, req_cons) == 2048);
static_assert(offsetof(Page, rsp_prod) == 2060);
static_assert(offsetof(Page, server_features) == 2064);
static_assert(offsetof(Page, error) == 2072);

inline constexpr std::size_t most_payload = XENSTORE_PAYLOAD_MAX;
inline constexpr std::size_t longest_absolute_path = XENSTORE_ABS_PATH_MAX;
inline constexpr std::size_t longest_relative_path = XENSTORE_REL_PATH_MAX;

/// How many requests the C daemon lets an unprivileged domain have outstanding
/// (tools/xenstore, quota "outstanding").
inline constexpr std::size_t most_requests = 20;

} // namespace lodger::store
