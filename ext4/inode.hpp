#pragma once

#include <lodger/ext4/errors.hpp>

#include <ctime>
#include <sys/stat.h>

namespace lodger::ext4 {

/// Of a tree of extents (Linux's fs/ext4/ext4_extents.h, EXT4_MAX_EXTENT_DEPTH).
constexpr unsigned most_extent_depth = 5;

/// One inode, as it was read; what is changed in it is written by `write`.
class Inode {
public:
    /// @return `io` for a number or contents that cannot be
    static Result<Inode> read(ext2_filsys system, ext2_ino_t number);
    /// A new one, with a number that is free; the inode becomes somebody's by `Inodes::make`.
    Inode(ext2_filsys system, ext2_ino_t number) : system_{system}, number_{number} {}

    Result<> write();
    /// Reads it again, after the library has changed it.
    Result<> refresh();

    ext2_filsys system() const { return system_; }
    ext2_ino_t number() const { return number_; }
    /// As the library has it.
    ext2_inode& base() { return reinterpret_cast<ext2_inode&>(raw_); }
    ext2_inode const& base() const { return reinterpret_cast<ext2_inode const&>(raw_); }
    ext2_inode_large& large() { return raw_; }

    std::uint64_t size() const { return EXT2_I_SIZE(&base()); }
    bool is_directory() const { return LINUX_S_ISDIR(raw_.i_mode); }
    bool is_regular() const { return LINUX_S_ISREG(raw_.i_mode); }
    bool is_link() const { return LINUX_S_ISLNK(raw_.i_mode); }
    bool has_extents() const { return raw_.i_flags & EXT4_EXTENTS_FL; }
    bool has_inline_data() const { return raw_.i_flags & EXT4_INLINE_DATA_FL; }
    /// Whether it must stay as it is (`chattr +i`, `+a`, fs-verity).
    bool is_fixed() const
    {
        return raw_.i_flags & (EXT2_IMMUTABLE_FL | EXT2_APPEND_FL | EXT4_VERITY_FL);
    }

    void set_mode(mode_t mode)
    {
        raw_.i_mode = static_cast<__u16>((raw_.i_mode & LINUX_S_IFMT) | (mode & 07777));
    }
    void set_owner(uid_t owner);
    void set_group(gid_t group);
    void set_accessed(timespec time) { set(&ext2_inode_large::i_atime, time); }
    void set_modified(timespec time) { set(&ext2_inode_large::i_mtime, time); }
    void set_changed(timespec time) { set(&ext2_inode_large::i_ctime, time); }
    /// Its contents were changed now.
    void touch();

    void describe(struct stat& status) const;

private:
    using Seconds = __u32 ext2_inode_large::*;

    Result<> check() const;
    void set(Seconds seconds, timespec time);
    timespec get(Seconds seconds) const;
    Seconds extra_of(Seconds seconds) const;

    ext2_filsys system_;
    ext2_ino_t number_;
    ext2_inode_large raw_{};
};

timespec now();

} // namespace lodger::ext4
