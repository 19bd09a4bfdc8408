#pragma once

#include <lodger/xenbus/node.hpp>

#include <algorithm>
#include <array>

namespace lodger::blkfront {

/// A way of naming disks, and the numbers it stands for
/// (docs/man/xen-vbd-interface.7): disk `first_disk + n` is number `base + n * stride`.
struct NameScheme {
    std::string_view prefix;
    std::uint32_t base;
    std::uint32_t stride; ///< also how many partition numbers a disk has, itself included
    std::uint32_t first_disk;
    std::uint32_t disk_count;
};

inline constexpr std::array name_schemes = {
    NameScheme{"xvd", 202 << 8, 1 << 4, 0, 16},
    NameScheme{"xvd", 1 << 28, 1 << 8, 0, 1 << 20}, // for what the one above has no room for
    NameScheme{"hd", 3 << 8, 1 << 6, 0, 2},
    NameScheme{"hd", 22 << 8, 1 << 6, 2, 2},
    NameScheme{"sd", 8 << 8, 1 << 4, 0, 16},
};

using Name = Text<24>;

/// The number of a device given as people write it: `xvda`, `sdb1`, or the number in decimal.
/// @return `invalid_argument` if it is neither
inline Result<std::uint32_t> number_of(std::string_view name)
{
    if (auto const number = parse<std::uint32_t>(name))
        return *number;
    for (NameScheme const& scheme : name_schemes) {
        if (!name.starts_with(scheme.prefix))
            continue;
        std::string_view const rest = name.substr(scheme.prefix.size());
        std::size_t const digits = std::min(rest.find_first_of("0123456789"), rest.size());
        std::uint64_t disk = 0;
        bool legal = digits > 0 && digits <= 5;
        for (char const letter : rest.substr(0, digits)) {
            legal = legal && letter >= 'a' && letter <= 'z';
            disk = disk * 26 + static_cast<std::uint64_t>(letter - 'a' + 1);
        }
        disk -= 1;
        auto const partition = digits == rest.size() ? Result<std::uint32_t>{0}
                                                     : parse<std::uint32_t>(rest.substr(digits));
        if (legal && partition && *partition < scheme.stride && disk >= scheme.first_disk &&
            disk - scheme.first_disk < scheme.disk_count)
            return scheme.base +
                   static_cast<std::uint32_t>(disk - scheme.first_disk) * scheme.stride +
                   *partition;
    }
    return Failure{Errc::invalid_argument};
}

/// The name that people know a device number by, such as `xvda` or `xvdb3`; the number itself in
/// decimal when no scheme has it, or its name there means another.
inline Name name_of(std::uint32_t number)
{
    Name name;
    for (NameScheme const& scheme : name_schemes) {
        std::uint32_t const disk = (number - scheme.base) / scheme.stride;
        if (number < scheme.base || disk >= scheme.disk_count)
            continue;
        std::array<char, 8> letters;
        std::size_t at = letters.size();
        for (std::uint32_t rest = scheme.first_disk + disk + 1; rest > 0; rest = (rest - 1) / 26)
            letters[--at] = static_cast<char>('a' + (rest - 1) % 26);
        std::uint32_t const partition = (number - scheme.base) % scheme.stride;
        // 24 characters hold the longest of these.
        static_cast<void>(name.append(scheme.prefix));
        static_cast<void>(name.append({&letters[at], letters.size() - at}));
        if (partition > 0)
            static_cast<void>(name.append(partition));
        auto const meant = number_of(name);
        if (meant && *meant == number)
            return name;
        name = {};
    }
    static_cast<void>(name.append(number));
    return name;
}

/// Where a device given by name, number or path has its directory in XenStore.
inline Result<xenbus::NodePath> path_of(std::string_view device)
{
    if (device.contains('/'))
        return xenbus::NodePath::of(device);
    xenbus::NodePath path = LODGER_TRY(xenbus::NodePath::of("device/vbd/"));
    LODGER_TRY(path.append(LODGER_TRY(number_of(device))));
    return path;
}

} // namespace lodger::blkfront
