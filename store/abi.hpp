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
static_assert(offsetof(Page, connection) == 2068);
static_assert(offsetof(Page, error) == 2072);

// What Xen 4.17's header does not have yet, from xen/include/public/io/xs_wire.h of Xen 4.21.
inline constexpr std::uint32_t get_feature_type = 23;
inline constexpr std::uint32_t set_feature_type = 24;
inline constexpr std::uint32_t get_quota_type = 25;
inline constexpr std::uint32_t set_quota_type = 26;
inline constexpr std::uint32_t feature_watch_depth = 4; // XENSTORE_SERVER_FEATURE_WATCHDEPTH
static_assert(get_feature_type == XS_DIRECTORY_PART + 1);

inline constexpr std::size_t most_payload = XENSTORE_PAYLOAD_MAX;
inline constexpr std::size_t longest_absolute_path = XENSTORE_ABS_PATH_MAX;
inline constexpr std::size_t longest_relative_path = XENSTORE_REL_PATH_MAX;

/// How many requests the C daemon lets an unprivileged domain have outstanding
/// (tools/xenstore, quota "outstanding").
inline constexpr std::size_t most_requests = 20;

} // namespace lodger::store
