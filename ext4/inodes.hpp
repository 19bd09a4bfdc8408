#pragma once

#include <lodger/ext4/volume.hpp>

#include <vector>

namespace lodger::ext4 {

/// Which inodes somebody has open, and how inodes come to be and are no more. One that has lost its
/// last name stays until it is closed, on the list of orphans that Linux and e2fsck know
/// (Linux's Documentation/filesystems/ext4/orphan.rst), for if the guest should not come to it.
class Inodes {
public:
    explicit Inodes(Volume& volume) : volume_{volume} {}
    Inodes(Inodes const&) = delete;
    Inodes& operator=(Inodes const&) = delete;

    void open(ext2_ino_t number);
    /// @return what came of doing away with it, if it had to be
    Result<> close(ext2_ino_t number);

    /// A new file with one link, that nothing names yet. @param mode with the file's type
    Result<Inode> make(ext2_ino_t near, mode_t mode);
    /// One name less; @param links how many links that is
    Result<> drop(Inode& inode, unsigned links = 1);
    /// A free number for what the library makes by itself.
    Result<ext2_ino_t> free_number(ext2_ino_t near, mode_t mode);
    /// Gives back all that an inode has, and its number.
    Result<> destroy(Inode& inode);

private:
    struct Open {
        ext2_ino_t number;
        unsigned users;
        bool is_orphan;
    };

    Open* find(ext2_ino_t number);
    Result<> add_orphan(Inode& inode);
    Result<> remove_orphan(ext2_ino_t number);

    Volume& volume_;
    std::vector<Open> open_;
};

} // namespace lodger::ext4
