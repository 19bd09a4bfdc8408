#pragma once

#include <lodger/core/ids.hpp>
#include <lodger/core/text.hpp>
#include <lodger/store/wire.hpp>

#include <initializer_list>

namespace lodger::store {

/// What a domain may do with a node, under the letters of docs/misc/xenstore.txt, SET_PERMS.
enum class Rights : char { none = 'n', read = 'r', write = 'w', both = 'b' };

struct Permission {
    Domain domain;
    Rights rights;

    friend bool operator==(Permission, Permission) = default;
};

/// Who may do what with a node. The first entry names the node's owner, who may do everything, and
/// its rights are those of every domain that no later entry names.
class Permissions {
public:
    /// The daemons' own quota is 5 for a guest.
    static constexpr std::size_t most = 16;

    Permissions() = default;
    /// @param list at most `most`; the first is the owner's
    Permissions(std::initializer_list<Permission> list)
    {
        for (Permission const permission : list)
            static_cast<void>(add(permission));
    }

    /// @return `no_space` after `most`
    Result<> add(Permission permission)
    {
        if (count_ == most)
            return Failure{Errc::no_space};
        entries_[count_++] = permission;
        return {};
    }

    std::span<Permission const> entries() const { return {entries_.data(), count_}; }
    Domain owner() const { return entries_[0].domain; }

    /// Reads a GET_PERMS reply: entries such as `r5`, each ending in a NUL.
    /// @return `protocol` if it is anything else
    static Result<Permissions> parse(std::string_view payload)
    {
        Permissions permissions;
        while (!payload.empty()) {
            std::size_t const end = payload.find('\0');
            if (end == payload.npos)
                return Failure{Errc::protocol};
            LODGER_TRY(permissions.add(LODGER_TRY(parse_one(payload.substr(0, end)))));
            payload.remove_prefix(end + 1);
        }
        if (permissions.count_ == 0)
            return Failure{Errc::protocol};
        return permissions;
    }

    /// Long enough for every list.
    using Payload = Text<most * sizeof "b65535">;

    /// As SET_PERMS wants them.
    /// @return `invalid_argument` for an empty list
    Result<Payload> payload() const
    {
        using namespace std::literals;
        Payload text;
        if (count_ == 0)
            return Failure{Errc::invalid_argument};
        for (Permission const permission : entries()) {
            char const letter = static_cast<char>(permission.rights);
            LODGER_TRY(text.append({&letter, 1}));
            LODGER_TRY(text.append(permission.domain.value));
            LODGER_TRY(text.append("\0"sv));
        }
        return text;
    }

private:
    static Result<Permission> parse_one(std::string_view text)
    {
        constexpr std::string_view letters = "nrwb";
        if (text.empty() || !letters.contains(text.front()))
            return Failure{Errc::protocol};
        auto const domain = LODGER_TRY(lodger::parse<std::uint16_t>(text.substr(1)));
        return Permission{Domain{domain}, static_cast<Rights>(text.front())};
    }

    std::array<Permission, most> entries_{};
    std::size_t count_ = 0;
};

} // namespace lodger::store
