#include <lodger/ext4/inode.hpp>

#include <cstddef>

namespace lodger::ext4 {

timespec now()
{
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return time;
}

Result<Inode> Inode::read(ext2_filsys system, ext2_ino_t number)
{
    Inode inode{system, number};
    LODGER_TRY(inode.refresh());
    return inode;
}

Result<> Inode::refresh()
{
    LODGER_TRY(outcome(ext2fs_read_inode_full(system_, number_, &base(), sizeof raw_)));
    return check();
}

/// What the library would take as it is.
Result<> Inode::check() const
{
    if (has_inline_data() && !ext2fs_has_feature_inline_data(system_->super))
        return Failure{Errc::io};
    auto const& tree = reinterpret_cast<ext3_extent_header const&>(base().i_block);
    if (has_extents() && tree.eh_depth > most_extent_depth)
        return Failure{Errc::io};
    return {};
}

Result<> Inode::write()
{
    return outcome(ext2fs_write_inode_full(system_, number_, &base(), sizeof raw_));
}

void Inode::set_owner(uid_t owner)
{
    raw_.i_uid = static_cast<__u16>(owner);
    raw_.osd2.linux2.l_i_uid_high = static_cast<__u16>(owner >> 16);
}

void Inode::set_group(gid_t group)
{
    raw_.i_gid = static_cast<__u16>(group);
    raw_.osd2.linux2.l_i_gid_high = static_cast<__u16>(group >> 16);
}

void Inode::touch()
{
    timespec const time = now();
    set_modified(time);
    set_changed(time);
}

/// Where the rest of a time is, if inodes are large enough: two bits of seconds beyond 32, then
/// nanoseconds (Linux's Documentation/filesystems/ext4/inodes.rst, "Inode Timestamps").
Inode::Seconds Inode::extra_of(Seconds seconds) const
{
    Seconds extra = &ext2_inode_large::i_ctime_extra;
    std::size_t end = offsetof(ext2_inode_large, i_ctime_extra) + sizeof(__u32);
    if (seconds == &ext2_inode_large::i_mtime) {
        extra = &ext2_inode_large::i_mtime_extra;
        end = offsetof(ext2_inode_large, i_mtime_extra) + sizeof(__u32);
    } else if (seconds == &ext2_inode_large::i_atime) {
        extra = &ext2_inode_large::i_atime_extra;
        end = offsetof(ext2_inode_large, i_atime_extra) + sizeof(__u32);
    }
    bool const is_there = EXT2_INODE_SIZE(system_->super) > EXT2_GOOD_OLD_INODE_SIZE &&
                          end <= std::size_t{EXT2_GOOD_OLD_INODE_SIZE} + raw_.i_extra_isize;
    return is_there ? extra : nullptr;
}

void Inode::set(Seconds seconds, timespec time)
{
    raw_.*seconds = static_cast<__u32>(time.tv_sec);
    Seconds const extra = extra_of(seconds);
    if (!extra)
        return;
    auto const beyond = static_cast<std::uint64_t>(
        static_cast<std::int64_t>(time.tv_sec) - static_cast<__s32>(raw_.*seconds));
    raw_.*extra = static_cast<__u32>(
        (beyond >> 32 & EXT4_EPOCH_MASK) | static_cast<std::uint64_t>(time.tv_nsec)
                                               << EXT4_EPOCH_BITS);
}

timespec Inode::get(Seconds seconds) const
{
    timespec time{};
    std::int64_t whole = static_cast<__s32>(raw_.*seconds);
    if (Seconds const extra = extra_of(seconds)) {
        whole += static_cast<std::int64_t>(raw_.*extra & EXT4_EPOCH_MASK) << 32;
        time.tv_nsec = static_cast<long>((raw_.*extra >> EXT4_EPOCH_BITS) % 1'000'000'000);
    }
    time.tv_sec = static_cast<time_t>(whole);
    return time;
}

void Inode::describe(struct stat& status) const
{
    // A number of its own while it is mounted, so that files of two disks are told apart.
    status.st_dev = reinterpret_cast<std::uintptr_t>(system_);
    status.st_ino = static_cast<ino_t>(number_);
    status.st_mode = raw_.i_mode;
    status.st_nlink = raw_.i_links_count;
    status.st_uid = static_cast<uid_t>(inode_uid(raw_));
    status.st_gid = static_cast<gid_t>(inode_gid(raw_));
    status.st_size = static_cast<off_t>(size());
    status.st_blksize = static_cast<blksize_t>(system_->blocksize);
    auto& unsized = const_cast<ext2_inode&>(base()); // The library only reads it.
    status.st_blocks = static_cast<blkcnt_t>(ext2fs_get_stat_i_blocks(system_, &unsized));
    status.st_atim = get(&ext2_inode_large::i_atime);
    status.st_mtim = get(&ext2_inode_large::i_mtime);
    status.st_ctim = get(&ext2_inode_large::i_ctime);
}

} // namespace lodger::ext4
