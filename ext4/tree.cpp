#include <lodger/ext4/contents.hpp>
#include <lodger/ext4/tree.hpp>

#include <algorithm>

namespace lodger::ext4 {
namespace {

/// As many symbolic links as Linux follows (include/linux/namei.h, MAXSYMLINKS).
constexpr unsigned most_links = 40;

/// Takes the first name off a path. @return empty if there is none
std::string take_name(std::string& path)
{
    std::size_t const start = path.find_first_not_of('/');
    if (start == path.npos) {
        path.clear();
        return {};
    }
    std::size_t const end = std::min(path.find('/', start), path.size());
    std::string name = path.substr(start, end - start);
    path.erase(0, std::min(path.find_first_not_of('/', end), path.size()));
    return name;
}

} // namespace

Result<Place> Tree::walk(std::string_view path, LastLink last) const
{
    Place place{EXT2_ROOT_INO, {}, EXT2_ROOT_INO};
    std::string rest{path};
    unsigned links = 0;
    while (true) {
        std::string name = take_name(rest);
        if (name.empty())
            return place;
        if (name == ".")
            continue;
        if (!place.exists())
            return Failure{Errc::not_found};
        Inode const directory = LODGER_TRY(read(place.inode));
        auto const found = LODGER_TRY(Names::in(directory)).find(name);
        if (!found && found.error() != Errc::not_found)
            return Failure{found.error()};
        Place next{place.inode, std::move(name), found.value_or(0)};
        if (next.exists() && (!rest.empty() || last == LastLink::follow)) {
            if (Inode inode = LODGER_TRY(read(next.inode)); inode.is_link()) {
                std::string const text = LODGER_TRY(text_of(inode));
                if (++links > most_links)
                    return Failure{Errc::link_loop};
                if (text.empty())
                    return Failure{Errc::not_found};
                if (text.starts_with('/'))
                    place = {EXT2_ROOT_INO, {}, EXT2_ROOT_INO};
                rest = text + "/" + rest;
                continue;
            }
        }
        place = std::move(next);
    }
}

Result<Inode> Tree::find(std::string_view path, LastLink last) const
{
    Place const place = LODGER_TRY(walk(path, last));
    if (!place.exists())
        return Failure{Errc::not_found};
    return read(place.inode);
}

Result<std::string> Tree::text_of(Inode& link) const
{
    if (!link.is_link())
        return Failure{Errc::invalid_argument};
    if (link.size() > volume_.system()->blocksize)
        return Failure{Errc::io};
    if (ext2fs_is_fast_symlink(&link.base()))
        return std::string{reinterpret_cast<char const*>(link.base().i_block), link.size()};
    std::string text(link.size(), '\0');
    LODGER_TRY(Contents(volume_.cache(), link).read(0, std::as_writable_bytes(std::span{text})));
    return text;
}

} // namespace lodger::ext4
