#include <lodger/ext4/tree.hpp>

namespace lodger::ext4 {
namespace {

/// Of one inode (Linux's fs/ext4/ext4.h, EXT4_LINK_MAX).
constexpr unsigned most_links = 65000;
/// Directories within each other that are walked through; an honest file system has fewer.
constexpr unsigned most_depth = 1 << 20;

} // namespace

/// The directory in which something is to be changed.
Result<Inode> Tree::directory_for(Place const& place) const
{
    Inode directory = LODGER_TRY(read(place.directory));
    if (directory.is_fixed())
        return Failure{Errc::not_permitted_now};
    return directory;
}

/// Gives an inode a name, which is in its count of links already.
Result<> Tree::enter(Place const& place, Inode& inode)
{
    Inode const before = LODGER_TRY(directory_for(place));
    LODGER_TRY(LODGER_TRY(Names::in(before))
                   .add(place.name, inode.number(), type_of(inode.base().i_mode)));
    Inode directory = LODGER_TRY(read(place.directory)); // It may have grown.
    directory.touch();
    return directory.write();
}

Result<> Tree::change_links(ext2_ino_t number, int by)
{
    Inode directory = LODGER_TRY(read(number));
    directory.touch();
    auto& count = directory.base().i_links_count;
    if (count != 1) // That is Linux's "too many to count", with the feature dir_nlink.
        count = static_cast<__u16>(count + by);
    return directory.write();
}

Result<Inode> Tree::make_file(Place const& place, mode_t mode)
{
    LODGER_TRY(directory_for(place));
    Inode inode = LODGER_TRY(inodes_.make(place.directory, LINUX_S_IFREG | (mode & 07777)));
    auto const entered = enter(place, inode);
    if (entered)
        return inode;
    LODGER_TRY(inodes_.destroy(inode));
    return Failure{entered.error()};
}

Result<> Tree::make_directory(Place const& place, mode_t mode)
{
    ext2_filsys const system = volume_.system();
    if (LODGER_TRY(directory_for(place)).base().i_links_count >= most_links)
        return Failure{Errc::too_many_links};
    ext2_ino_t const number =
        LODGER_TRY(inodes_.free_number(place.directory, LINUX_S_IFDIR | mode));
    // The library counts a link of the parent, as if it were Linux's usual number.
    bool const is_uncounted = LODGER_TRY(read(place.directory)).base().i_links_count == 1;
    LODGER_TRY(outcome(ext2fs_mkdir(system, place.directory, number, nullptr)));
    if (is_uncounted) {
        Inode parent = LODGER_TRY(read(place.directory));
        parent.base().i_links_count = 1;
        LODGER_TRY(parent.write());
    }
    Inode inode = LODGER_TRY(read(number));
    inode.set_mode(mode);
    inode.set_accessed(now());
    inode.touch();
    LODGER_TRY(inode.write());
    auto const entered = enter(place, inode);
    if (entered)
        return {};
    LODGER_TRY(inodes_.destroy(inode));
    LODGER_TRY(change_links(place.directory, -1));
    return entered;
}

Result<> Tree::make_link(Place const& place, std::string_view text)
{
    if (text.empty())
        return Failure{Errc::not_found};
    if (text.size() >= volume_.system()->blocksize)
        return Failure{Errc::name_too_long};
    LODGER_TRY(directory_for(place));
    std::string const target{text};
    ext2_ino_t const number =
        LODGER_TRY(inodes_.free_number(place.directory, LINUX_S_IFLNK | 0777));
    LODGER_TRY(outcome(
        ext2fs_symlink(volume_.system(), place.directory, number, nullptr, target.c_str())));
    Inode inode = LODGER_TRY(read(number));
    inode.set_accessed(now());
    inode.touch();
    LODGER_TRY(inode.write());
    auto const entered = enter(place, inode);
    if (entered)
        return {};
    LODGER_TRY(inodes_.destroy(inode));
    return entered;
}

Result<> Tree::add_name(Place const& place, Inode& inode)
{
    if (inode.is_fixed())
        return Failure{Errc::not_permitted_now};
    if (inode.base().i_links_count >= most_links)
        return Failure{Errc::too_many_links};
    LODGER_TRY(enter(place, inode));
    ++inode.base().i_links_count;
    inode.set_changed(now());
    return inode.write();
}

Result<> Tree::remove_file(Place const& place)
{
    Inode directory = LODGER_TRY(directory_for(place));
    Inode inode = LODGER_TRY(read(place.inode));
    if (inode.is_directory())
        return Failure{Errc::is_a_directory};
    if (inode.is_fixed())
        return Failure{Errc::not_permitted_now};
    LODGER_TRY(LODGER_TRY(Names::in(directory)).remove(place.name, place.inode));
    directory.touch();
    LODGER_TRY(directory.write());
    return inodes_.drop(inode);
}

Result<> Tree::remove_directory(Place const& place)
{
    Inode directory = LODGER_TRY(directory_for(place));
    Inode inode = LODGER_TRY(read(place.inode));
    if (!LODGER_TRY(LODGER_TRY(Names::in(inode)).is_empty()))
        return Failure{Errc::not_empty};
    if (inode.is_fixed())
        return Failure{Errc::not_permitted_now};
    LODGER_TRY(LODGER_TRY(Names::in(directory)).remove(place.name, place.inode));
    LODGER_TRY(change_links(place.directory, -1));
    return inodes_.drop(inode, inode.base().i_links_count);
}

/// Whether something may take the place of what is there.
Result<> Tree::check_replacement(Inode const& moved, Place const& to) const
{
    if (!to.exists())
        return {};
    Inode const replaced = LODGER_TRY(read(to.inode));
    if (replaced.is_fixed())
        return Failure{Errc::not_permitted_now};
    if (!replaced.is_directory())
        return moved.is_directory() ? Result<>{Failure{Errc::not_a_directory}} : Result<>{};
    if (!moved.is_directory())
        return Failure{Errc::is_a_directory};
    if (!LODGER_TRY(LODGER_TRY(Names::in(replaced)).is_empty()))
        return Failure{Errc::not_empty};
    return {};
}

/// A directory must not come to be in itself, which no path says if there are links in it.
Result<> Tree::check_not_within(ext2_ino_t moved, ext2_ino_t directory) const
{
    for (unsigned depth = 0; depth < most_depth; ++depth) {
        if (directory == moved)
            return Failure{Errc::invalid_argument};
        if (directory == EXT2_ROOT_INO)
            return {};
        directory = LODGER_TRY(LODGER_TRY(Names::in(LODGER_TRY(read(directory)))).find(".."));
    }
    return Failure{Errc::io};
}

/// What has no name in its place any more.
Result<> Tree::remove_replaced(Place const& place)
{
    Inode replaced = LODGER_TRY(read(place.inode));
    if (!replaced.is_directory())
        return inodes_.drop(replaced);
    LODGER_TRY(change_links(place.directory, -1));
    return inodes_.drop(replaced, replaced.base().i_links_count);
}

Result<> Tree::put(Inode& moved, Place const& to)
{
    if (!to.exists())
        return enter(to, moved);
    Inode directory = LODGER_TRY(directory_for(to));
    LODGER_TRY(LODGER_TRY(Names::in(directory))
                   .redirect(to.name, moved.number(), type_of(moved.base().i_mode)));
    directory.touch();
    LODGER_TRY(directory.write());
    return remove_replaced(to);
}

/// The new name first: at no moment is there none.
Result<> Tree::rename(Place const& from, Place const& to)
{
    Inode moved = LODGER_TRY(read(from.inode));
    if (from.inode == to.inode) // Two names of one file both stay.
        return {};
    if (moved.is_fixed())
        return Failure{Errc::not_permitted_now};
    LODGER_TRY(directory_for(from));
    LODGER_TRY(check_replacement(moved, to));
    bool const changes_parent = moved.is_directory() && from.directory != to.directory;
    if (changes_parent) {
        LODGER_TRY(check_not_within(from.inode, to.directory));
        if (LODGER_TRY(read(to.directory)).base().i_links_count >= most_links)
            return Failure{Errc::too_many_links};
    }
    LODGER_TRY(put(moved, to));
    Inode directory = LODGER_TRY(read(from.directory));
    LODGER_TRY(LODGER_TRY(Names::in(directory)).remove(from.name, from.inode));
    directory.touch();
    LODGER_TRY(directory.write());
    if (changes_parent) {
        LODGER_TRY(LODGER_TRY(Names::in(moved)).redirect("..", to.directory, EXT2_FT_DIR));
        LODGER_TRY(change_links(from.directory, -1));
        LODGER_TRY(change_links(to.directory, +1));
    }
    moved.set_changed(now());
    return moved.write();
}

} // namespace lodger::ext4
