#pragma once

#include <lodger/core/result.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace lodger::posix {

/// An absolute path in its shortest form, by its text alone: `..` takes back the name before it,
/// whatever that is. So `a/link/..` is `a`, as for a shell's `cd`, where POSIX has the directory
/// above the one that the link leads to; and no file system need know what is above it.
class Path {
public:
    /// Without the 0 behind it: as much as newlib's PATH_MAX has room for.
    static constexpr std::size_t most = 1023;

    /// What it was named by at last: only with `name` can it be something other than a directory.
    enum class End : unsigned char { name, slash, dots };

    /// Goes on from here, or from the root.
    /// @return `not_found` for an empty text, as POSIX has it, or `name_too_long`
    constexpr Result<> go(std::string_view text)
    {
        if (text.empty())
            return Failure{Errc::not_found};
        if (text.front() == '/')
            size_ = 0;
        for (std::string_view rest = text; !rest.empty();) {
            std::string_view const name = rest.substr(0, rest.find('/'));
            LODGER_TRY(enter(name));
            rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        }
        chars_[size_] = 0;
        if (end_ == End::name && text.back() == '/')
            end_ = End::slash;
        return {};
    }

    constexpr End end() const { return end_; }
    constexpr std::string_view text() const { return size_ == 0 ? "/" : names(); }

    /// Whether this is `other` or below it.
    constexpr bool is_in(Path const& other) const
    {
        return names().starts_with(other.names()) &&
               (size_ == other.size_ || chars_[other.size_] == '/');
    }
    /// What is left of it below `other`, in which it is; a 0 stands behind it.
    constexpr std::string_view below(Path const& other) const
    {
        return names().substr(std::min(other.size_ + 1, size_));
    }
    constexpr bool operator==(Path const& other) const { return names() == other.names(); }

private:
    /// Each name with a slash before it; nothing for the root.
    constexpr std::string_view names() const { return {chars_.data(), size_}; }

    constexpr Result<> enter(std::string_view name)
    {
        if (name.empty())
            return {};
        end_ = name == "." || name == ".." ? End::dots : End::name;
        if (name == "..")
            size_ = std::min(size_, names().rfind('/'));
        if (end_ == End::dots)
            return {};
        if (name.size() >= most - size_)
            return Failure{Errc::name_too_long};
        chars_[size_++] = '/';
        size_ += name.copy(chars_.data() + size_, name.size());
        return {};
    }

    std::size_t size_ = 0;
    End end_ = End::slash;
    std::array<char, most + 1> chars_{};
};

} // namespace lodger::posix
