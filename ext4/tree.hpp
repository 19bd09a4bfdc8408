#pragma once

#include <lodger/ext4/directory.hpp>
#include <lodger/ext4/inodes.hpp>
#include <lodger/posix/file_system.hpp>

namespace lodger::ext4 {

/// Where a path leads: to a name in a directory, and to what it names.
struct Place {
    ext2_ino_t directory;
    std::string name;
    ext2_ino_t inode; ///< 0 if there is nothing of that name

    bool exists() const { return inode != 0; }
};

/// The paths of a file system, and what is done to files by their names.
/// Paths are those of posix/file_system.hpp. What changes something is to be called in
/// `Volume::change`.
class Tree {
public:
    using LastLink = posix::LastLink;

    Tree(Volume& volume, Inodes& inodes) : volume_{volume}, inodes_{inodes} {}

    /// @return `not_found` only if something before the last name is missing
    Result<Place> walk(std::string_view path, LastLink last) const;
    Result<Inode> find(std::string_view path, LastLink last) const;
    Result<std::string> text_of(Inode& link) const;

    /// @param place with nothing there yet
    Result<Inode> make_file(Place const& place, mode_t mode);
    Result<> make_directory(Place const& place, mode_t mode);
    Result<> make_link(Place const& place, std::string_view text);
    Result<> add_name(Place const& place, Inode& inode);
    Result<> remove_file(Place const& place);
    Result<> remove_directory(Place const& place);
    Result<> rename(Place const& from, Place const& to);

private:
    Result<Inode> read(ext2_ino_t number) const { return Inode::read(volume_.system(), number); }
    Result<Inode> directory_for(Place const& place) const;
    Result<> enter(Place const& place, Inode& inode);
    Result<> change_links(ext2_ino_t directory, int by);
    Result<> check_replacement(Inode const& moved, Place const& to) const;
    Result<> check_not_within(ext2_ino_t moved, ext2_ino_t directory) const;
    Result<> remove_replaced(Place const& place);
    Result<> put(Inode& moved, Place const& to);

    Volume& volume_;
    Inodes& inodes_;
};

} // namespace lodger::ext4
