#pragma once

#include <lodger/core/result.hpp>
#include <lodger/store/abi.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace lodger::store {

/// The messages a client may send, under the names and numbers of xs_wire.h.
enum class Type : std::uint32_t {
    control = XS_CONTROL,
    directory = XS_DIRECTORY,
    read = XS_READ,
    get_perms = XS_GET_PERMS,
    watch = XS_WATCH,
    unwatch = XS_UNWATCH,
    transaction_start = XS_TRANSACTION_START,
    transaction_end = XS_TRANSACTION_END,
    introduce = XS_INTRODUCE,
    release = XS_RELEASE,
    get_domain_path = XS_GET_DOMAIN_PATH,
    write = XS_WRITE,
    mkdir = XS_MKDIR,
    rm = XS_RM,
    set_perms = XS_SET_PERMS,
    is_domain_introduced = XS_IS_DOMAIN_INTRODUCED,
    resume = XS_RESUME,
    set_target = XS_SET_TARGET,
    reset_watches = XS_RESET_WATCHES,
    directory_part = XS_DIRECTORY_PART,
    get_feature = get_feature_type,
    set_feature = set_feature_type,
    get_quota = get_quota_type,
    set_quota = set_quota_type,
};

/// A message's name as in docs/misc/xenstore.txt.
constexpr std::string_view name(Type type)
{
    switch (type) {
    case Type::control: return "CONTROL";
    case Type::directory: return "DIRECTORY";
    case Type::read: return "READ";
    case Type::get_perms: return "GET_PERMS";
    case Type::watch: return "WATCH";
    case Type::unwatch: return "UNWATCH";
    case Type::transaction_start: return "TRANSACTION_START";
    case Type::transaction_end: return "TRANSACTION_END";
    case Type::introduce: return "INTRODUCE";
    case Type::release: return "RELEASE";
    case Type::get_domain_path: return "GET_DOMAIN_PATH";
    case Type::write: return "WRITE";
    case Type::mkdir: return "MKDIR";
    case Type::rm: return "RM";
    case Type::set_perms: return "SET_PERMS";
    case Type::is_domain_introduced: return "IS_DOMAIN_INTRODUCED";
    case Type::resume: return "RESUME";
    case Type::set_target: return "SET_TARGET";
    case Type::reset_watches: return "RESET_WATCHES";
    case Type::directory_part: return "DIRECTORY_PART";
    case Type::get_feature: return "GET_FEATURE";
    case Type::set_feature: return "SET_FEATURE";
    case Type::get_quota: return "GET_QUOTA";
    case Type::set_quota: return "SET_QUOTA";
    }
    return "?";
}

/// Translates the text of an XS_ERROR reply (xs_wire.h, `xsd_errors`).
constexpr Errc errc_of_error(std::string_view name)
{
    struct Entry {
        std::string_view name;
        Errc error;
    };
    constexpr std::array table = {
        Entry{"EINVAL", Errc::invalid_argument},
        Entry{"EACCES", Errc::denied},
        Entry{"EEXIST", Errc::exists},
        Entry{"EISDIR", Errc::invalid_argument},
        Entry{"ENOENT", Errc::not_found},
        Entry{"ENOMEM", Errc::no_memory},
        Entry{"ENOSPC", Errc::quota},
        Entry{"EIO", Errc::io},
        Entry{"ENOTEMPTY", Errc::busy},
        Entry{"ENOSYS", Errc::not_implemented},
        Entry{"EROFS", Errc::read_only},
        Entry{"EBUSY", Errc::busy},
        Entry{"EAGAIN", Errc::again},
        Entry{"EISCONN", Errc::exists},
        Entry{"E2BIG", Errc::too_large},
        Entry{"EPERM", Errc::denied},
        Entry{"EQUOTA", Errc::quota}, // oxenstored's (tools/ocaml/xenstored/process.ml)
    };
    auto const* const entry = std::ranges::find(table, name, &Entry::name);
    return entry == table.end() ? Errc::unknown : entry->error;
}

/// A path as a directory and, if not empty, a key below it, which saves joining the two.
/// A path that does not start with a slash is relative to the domain's own (`/local/domain/N`).
class Path {
public:
    constexpr Path() = default;
    constexpr Path(std::string_view whole) : directory_{whole} {}
    constexpr Path(char const* whole) : directory_{whole} {}
    constexpr Path(std::string_view directory, std::string_view key)
        : directory_{directory},
          key_{key}
    {
    }

    constexpr std::string_view directory() const { return directory_; }
    constexpr std::string_view separator() const { return key_.empty() ? "" : "/"; }
    constexpr std::string_view key() const { return key_; }
    constexpr std::size_t size() const
    {
        return directory_.size() + separator().size() + key_.size();
    }

    /// Whether this path, put together, is `whole`.
    constexpr bool operator==(std::string_view whole) const
    {
        return whole.size() == size() && whole.starts_with(directory_) &&
               whole.substr(directory_.size()).starts_with(separator()) && whole.ends_with(key_);
    }

    /// Whether the daemon would take it (docs/misc/xenstore.txt): its characters, no empty
    /// component, no trailing slash, not too long. Also admits the special watches `@...`.
    constexpr Result<> check() const
    {
        bool const absolute = directory_.starts_with('/');
        if (size() > (absolute ? longest_absolute_path : longest_relative_path))
            return Failure{Errc::too_large};
        bool const is_root = directory_ == "/" && key_.empty();
        bool const key_fits = key_.empty() || (!key_.starts_with('/') && well_formed(key_));
        if (!is_root && (!well_formed(directory_) || !key_fits))
            return Failure{Errc::invalid_argument};
        return {};
    }

private:
    static constexpr bool well_formed(std::string_view part)
    {
        auto const allowed = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view{"-/_@"}.contains(c);
        };
        return !part.empty() && !part.ends_with('/') && !part.contains("//") &&
               std::ranges::all_of(part, allowed);
    }

    std::string_view directory_;
    std::string_view key_;
};

/// What a reply or an event says: a copy, already complete. Valid until more bytes are decoded.
struct Message {
    Header header;
    std::string_view payload;
};

} // namespace lodger::store
