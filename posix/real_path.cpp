/// `realpath`: the path of a file without symbolic links, found by looking at each name in turn.

#include <lodger/posix/files.hpp>
#include <lodger/posix/place.hpp>

#include <cstdlib>
#include <unistd.h>

using namespace lodger::posix;
using lodger::Errc;
using lodger::Failure;
using lodger::Result;

namespace {

/// The names that are still to be looked at.
class Names {
public:
    /// To be looked at before the others. @return `name_too_long`
    Result<> put_before(std::string_view text)
    {
        if (text.size() >= first_)
            return Failure{Errc::name_too_long};
        chars_[--first_] = '/';
        first_ -= text.size();
        text.copy(&chars_[first_], text.size());
        return {};
    }

    /// @return empty at the end
    std::string_view take()
    {
        while (first_ < chars_.size() && chars_[first_] == '/')
            ++first_;
        std::string_view const all{&chars_[first_], chars_.size() - first_};
        std::string_view const name = all.substr(0, all.find('/'));
        first_ += name.size();
        return name;
    }

private:
    std::array<char, Path::most + 2> chars_;
    std::size_t first_ = chars_.size();
};

/// Goes on by a name, or has what a link of that name holds looked at next.
/// @return whether it was a link
Result<bool> step(MountTable::Mount const& mount, Path& real, std::string_view name, Names& names)
{
    Path next = real;
    LODGER_TRY(next.go(name));
    if (!next.is_in(mount.at))
        return false; // nothing is above the root
    struct stat what{};
    LODGER_TRY(mount.file_system->status(next.below(mount.at), LastLink::keep, what));
    if (!S_ISLNK(what.st_mode)) {
        real = next;
        return false;
    }
    std::array<char, Path::most> text;
    std::size_t const size = LODGER_TRY(mount.file_system->read_link(next.below(mount.at), text));
    if (size > 0 && text[0] == '/')
        real = mount.at;
    LODGER_TRY(names.put_before({text.data(), size}));
    return true;
}

Result<Path> real_path(char const* text)
{
    constexpr int most_links = 40;
    Path const path = LODGER_TRY(path_of(text));
    auto const* const found = mounts.find(path);
    if (!found)
        return Failure{Errc::not_found};
    MountTable::Mount const mount = *found;
    InUse const meanwhile{mount.file_system};
    Path real = mount.at;
    Names names;
    LODGER_TRY(names.put_before(path.below(mount.at)));
    int links = 0;
    for (auto name = names.take(); !name.empty(); name = names.take())
        if (LODGER_TRY(step(mount, real, name, names)) && ++links > most_links)
            return Failure{Errc::link_loop};
    return real;
}

} // namespace

extern "C" char* realpath(char const* path, char* to)
{
    auto const real = real_path(path);
    if (!real)
        return fail(real.error()), nullptr;
    std::string_view const text = real->text();
    if (!to && !(to = static_cast<char*>(std::malloc(text.size() + 1))))
        return fail(ENOMEM), nullptr;
    to[text.copy(to, text.size())] = '\0';
    return to;
}
