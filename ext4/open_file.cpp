#include <lodger/ext4/open_file.hpp>

namespace lodger::ext4 {

OpenFile::OpenFile(FileSystem& home, ext2_ino_t inode, int how)
    : StoredFile{home, how},
      home_{home},
      inode_{inode}
{
    state().inodes.open(inode_);
}

void OpenFile::unused()
{
    // What comes of it nobody asks for; a failure has the file system say that it needs e2fsck.
    static_cast<void>(home_.alone([&] { return state().inodes.close(inode_); }));
    delete this;
}

Result<Inode> OpenFile::inode() const
{
    return Inode::read(state().volume->system(), inode_);
}

Result<std::size_t> OpenFile::read(std::uint64_t at, std::span<std::byte> to)
{
    return home_.alone([&]() -> Result<std::size_t> {
        Inode inode = LODGER_TRY(this->inode());
        return Contents{state().volume->cache(), inode}.read(at, to);
    });
}

/// To be called alone.
Result<std::size_t> OpenFile::write_now(std::uint64_t at, std::span<std::byte const> from)
{
    auto const count = LODGER_TRY(state().volume->change([&]() -> Result<std::size_t> {
        Inode inode = LODGER_TRY(this->inode());
        return Contents{state().volume->cache(), inode}.write(at, from);
    }));
    if (flags & O_SYNC)
        LODGER_TRY(state().volume->sync());
    return count;
}

Result<std::size_t> OpenFile::write(std::uint64_t at, std::span<std::byte const> from)
{
    return home_.alone([&] { return write_now(at, from); });
}

Result<std::size_t> OpenFile::append(std::uint64_t& at, std::span<std::byte const> from)
{
    return home_.alone([&]() -> Result<std::size_t> {
        at = LODGER_TRY(inode()).size();
        return write_now(at, from);
    });
}

Result<std::uint64_t> OpenFile::size() const
{
    return LODGER_TRY(home_.alone([&] { return inode(); })).size();
}

Result<> OpenFile::describe(struct stat& status) const
{
    return home_.alone([&]() -> Result<> {
        LODGER_TRY(inode()).describe(status);
        return {};
    });
}

Result<> OpenFile::change(posix::Changes const& changes)
{
    return home_.change_alone([&]() -> Result<> {
        Inode inode = LODGER_TRY(this->inode());
        return apply(state().volume->cache(), inode, changes);
    });
}

OpenDirectory::OpenDirectory(FileSystem& home, ext2_ino_t inode, int how)
    : Directory{home, how},
      home_{home},
      inode_{inode}
{
    home_.state_->inodes.open(inode_);
}

void OpenDirectory::unused()
{
    // As of a file.
    static_cast<void>(home_.alone([&] { return home_.state_->inodes.close(inode_); }));
    delete this;
}

Result<> OpenDirectory::load()
{
    entries_ = LODGER_TRY(home_.alone([&]() -> Result<Listing> {
        Inode const inode = LODGER_TRY(Inode::read(home_.state_->volume->system(), inode_));
        return LODGER_TRY(Names::in(inode)).all();
    }));
    is_loaded_ = true;
    return {};
}

/// @return as in `DT_*`, which are modes
static unsigned char type_for_posix(std::uint8_t type)
{
    switch (type) {
    case EXT2_FT_REG_FILE: return DT_REG;
    case EXT2_FT_DIR: return DT_DIR;
    case EXT2_FT_CHRDEV: return DT_CHR;
    case EXT2_FT_BLKDEV: return DT_BLK;
    case EXT2_FT_FIFO: return DT_FIFO;
    case EXT2_FT_SOCK: return DT_SOCK;
    case EXT2_FT_SYMLINK: return DT_LNK;
    default: return DT_UNKNOWN;
    }
}

Result<bool> OpenDirectory::next(std::uint64_t& at, dirent& entry)
{
    if (!is_loaded_ || at == 0)
        LODGER_TRY(load());
    auto const found = entries_.next(at);
    if (!found)
        return false;
    entry.d_ino = static_cast<ino_t>(found->inode);
    entry.d_type = type_for_posix(found->type);
    entry.d_name[found->name.copy(entry.d_name, sizeof entry.d_name - 1)] = '\0';
    return true;
}

Result<> OpenDirectory::describe(struct stat& status) const
{
    return home_.alone([&]() -> Result<> {
        LODGER_TRY(Inode::read(home_.state_->volume->system(), inode_)).describe(status);
        return {};
    });
}

Result<> OpenDirectory::change(posix::Changes const& changes)
{
    return home_.change_alone([&]() -> Result<> {
        Inode inode = LODGER_TRY(Inode::read(home_.state_->volume->system(), inode_));
        return apply(home_.state_->volume->cache(), inode, changes);
    });
}

} // namespace lodger::ext4
