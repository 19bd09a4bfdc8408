#include <lodger/ext4/contents.hpp>
#include <lodger/ext4/inodes.hpp>

#include <algorithm>

namespace lodger::ext4 {

Inodes::Open* Inodes::find(ext2_ino_t number)
{
    auto const found = std::ranges::find(open_, number, &Open::number);
    return found == open_.end() ? nullptr : &*found;
}

void Inodes::open(ext2_ino_t number)
{
    if (Open* const open = find(number))
        ++open->users;
    else
        open_.push_back({number, 1, false});
}

Result<> Inodes::close(ext2_ino_t number)
{
    Open* const open = find(number);
    if (--open->users > 0)
        return {};
    bool const is_orphan = open->is_orphan;
    if (!is_orphan || volume_.is_read_only()) {
        open_.erase(open_.begin() + (open - open_.data()));
        return {};
    }
    auto const destroyed = volume_.change([&]() -> Result<> {
        LODGER_TRY(remove_orphan(number));
        Inode inode = LODGER_TRY(Inode::read(volume_.system(), number));
        return destroy(inode);
    });
    open_.erase(open_.begin() + (find(number) - open_.data()));
    return destroyed;
}

Result<ext2_ino_t> Inodes::free_number(ext2_ino_t near, mode_t mode)
{
    ext2_ino_t number = 0;
    LODGER_TRY(outcome(
        ext2fs_new_inode(volume_.system(), near, static_cast<int>(mode), nullptr, &number)));
    return number;
}

Result<Inode> Inodes::make(ext2_ino_t near, mode_t mode)
{
    ext2_filsys const system = volume_.system();
    Inode inode{system, LODGER_TRY(free_number(near, mode))};
    inode.base().i_mode = static_cast<__u16>(mode);
    inode.base().i_links_count = 1;
    if (ext2fs_has_feature_extents(system->super)) {
        // An empty tree of them is made by opening what is none yet.
        ext2_extent_handle_t tree = nullptr;
        LODGER_TRY(outcome(ext2fs_extent_open2(system, inode.number(), &inode.base(), &tree)));
        ext2fs_extent_free(tree);
    }
    LODGER_TRY(outcome(ext2fs_write_new_inode(system, inode.number(), &inode.base())));
    ext2fs_inode_alloc_stats2(system, inode.number(), +1, 0);
    LODGER_TRY(inode.refresh());
    inode.set_accessed(now());
    inode.touch();
    LODGER_TRY(inode.write());
    return inode;
}

Result<> Inodes::drop(Inode& inode, unsigned links)
{
    auto& count = inode.base().i_links_count;
    if (count < links)
        return Failure{Errc::io};
    count = static_cast<__u16>(count - links);
    inode.set_changed(now());
    if (count > 0)
        return inode.write();
    if (find(inode.number()))
        return add_orphan(inode);
    return destroy(inode);
}

Result<> Inodes::destroy(Inode& inode)
{
    ext2_filsys const system = volume_.system();
    LODGER_TRY(Contents{volume_.cache(), inode}.remove());
    LODGER_TRY(outcome(ext2fs_free_ext_attr(system, inode.number(), &inode.large())));
    inode.base().i_links_count = 0;
    inode.base().i_dtime = static_cast<__u32>(now().tv_sec);
    LODGER_TRY(inode.write());
    ext2fs_inode_alloc_stats2(system, inode.number(), -1, inode.is_directory());
    return {};
}

/// The list goes from the superblock through the inodes' times of deletion.
Result<> Inodes::add_orphan(Inode& inode)
{
    auto& super = *volume_.system()->super;
    inode.base().i_dtime = super.s_last_orphan;
    LODGER_TRY(inode.write());
    super.s_last_orphan = inode.number();
    ext2fs_mark_super_dirty(volume_.system());
    find(inode.number())->is_orphan = true;
    return {};
}

Result<> Inodes::remove_orphan(ext2_ino_t number)
{
    ext2_filsys const system = volume_.system();
    ext2_ino_t const next = LODGER_TRY(Inode::read(system, number)).base().i_dtime;
    if (system->super->s_last_orphan == number) {
        system->super->s_last_orphan = next;
        ext2fs_mark_super_dirty(system);
        return {};
    }
    // All the others on it are open, too.
    for (Open const& open : open_) {
        if (!open.is_orphan || open.number == number)
            continue;
        Inode before = LODGER_TRY(Inode::read(system, open.number));
        if (before.base().i_dtime != number)
            continue;
        before.base().i_dtime = next;
        return before.write();
    }
    return Failure{Errc::io};
}

} // namespace lodger::ext4
