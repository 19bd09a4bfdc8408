#include <lodger/ext4/directory.hpp>

#include <algorithm>
#include <cstring>

namespace lodger::ext4 {
namespace {

std::string_view name_of(ext2_dir_entry* entry)
{
    return {entry->name, static_cast<std::size_t>(ext2fs_dirent_name_len(entry))};
}

/// Calls `visit(entry)` with each entry in use until it returns flags of `DIRENT_*`.
template <class Visit>
Result<> for_each(ext2_filsys system, ext2_ino_t directory, Visit visit)
{
    auto const call = [](ext2_dir_entry* entry, int, int, char*, void* it) -> int {
        return (*static_cast<Visit*>(it))(entry);
    };
    return outcome(ext2fs_dir_iterate(system, directory, 0, nullptr, call, &visit));
}

/// A directory has no more blocks than the disk: it may lead to the same ones over and over again,
/// and the library follows. What else is wrong is found by whoever goes through it then.
Result<> check_length(Inode const& directory)
{
    auto const count = [](ext2_filsys, blk64_t*, e2_blkcnt_t, blk64_t, int, void* left) -> int {
        return --*static_cast<blk64_t*>(left) == 0 ? BLOCK_ABORT : 0;
    };
    blk64_t left = ext2fs_blocks_count(directory.system()->super) + 1;
    static_cast<void>(ext2fs_block_iterate3(
        directory.system(), directory.number(), BLOCK_FLAG_READ_ONLY, nullptr, count, &left));
    return left > 0 ? Result<>{} : Failure{Errc::io};
}

} // namespace

int type_of(std::uint16_t mode)
{
    switch (mode & LINUX_S_IFMT) {
    case LINUX_S_IFREG: return EXT2_FT_REG_FILE;
    case LINUX_S_IFDIR: return EXT2_FT_DIR;
    case LINUX_S_IFCHR: return EXT2_FT_CHRDEV;
    case LINUX_S_IFBLK: return EXT2_FT_BLKDEV;
    case LINUX_S_IFIFO: return EXT2_FT_FIFO;
    case LINUX_S_IFSOCK: return EXT2_FT_SOCK;
    case LINUX_S_IFLNK: return EXT2_FT_SYMLINK;
    default: return EXT2_FT_UNKNOWN;
    }
}

Result<> Listing::add(Entry const& entry)
{
    std::size_t const end = size_ + sizeof(Head) + entry.name.size();
    if (end > room_) {
        std::size_t const room = std::max(end, 2 * room_);
        auto* const bytes = static_cast<char*>(std::realloc(bytes_.get(), room));
        if (!bytes)
            return Failure{Errc::no_memory};
        static_cast<void>(bytes_.release());
        bytes_.reset(bytes);
        room_ = room;
    }
    Head const head{entry.inode, entry.type, static_cast<std::uint8_t>(entry.name.size())};
    std::memcpy(&bytes_[size_], &head, sizeof head);
    entry.name.copy(&bytes_[size_ + sizeof head], entry.name.size());
    size_ = end;
    return {};
}

std::optional<Entry> Listing::next(std::uint64_t& at) const
{
    Head head;
    if (at > size_ || size_ - at < sizeof head)
        return {};
    std::memcpy(&head, &bytes_[at], sizeof head);
    std::uint64_t const name = at + sizeof head;
    if (size_ - name < head.length)
        return {};
    at = name + head.length;
    return Entry{head.inode, head.type, {&bytes_[name], head.length}};
}

Result<Names> Names::in(Inode const& directory)
{
    if (!directory.is_directory())
        return Failure{Errc::not_a_directory};
    LODGER_TRY(check_length(directory));
    return Names{directory.system(), directory.number()};
}

Result<ext2_ino_t> Names::find(std::string_view name) const
{
    if (name.size() > most_name)
        return Failure{Errc::name_too_long};
    ext2_ino_t found = 0;
    LODGER_TRY(outcome(ext2fs_lookup(
        system_, directory_, name.data(), static_cast<int>(name.size()), nullptr, &found)));
    return found;
}

Result<Listing> Names::all() const
{
    Listing entries;
    Result<> added;
    LODGER_TRY(for_each(system_, directory_, [&](ext2_dir_entry* entry) {
        bool const has_type = ext2fs_has_feature_filetype(system_->super);
        int const type = has_type ? ext2fs_dirent_file_type(entry) : EXT2_FT_UNKNOWN;
        added = entries.add({entry->inode, static_cast<std::uint8_t>(type), name_of(entry)});
        return added ? 0 : DIRENT_ABORT;
    }));
    LODGER_TRY(added);
    return entries;
}

Result<bool> Names::is_empty() const
{
    bool empty = true;
    LODGER_TRY(for_each(system_, directory_, [&](ext2_dir_entry* entry) {
        empty = name_of(entry) == "." || name_of(entry) == "..";
        return empty ? 0 : DIRENT_ABORT;
    }));
    return empty;
}

Result<> Names::add(std::string_view name, ext2_ino_t inode, int type) const
{
    if (name.size() > most_name)
        return Failure{Errc::name_too_long};
    std::string const text{name};
    if (!ext2fs_has_feature_filetype(system_->super))
        type = 0;
    errcode_t error = ext2fs_link(system_, directory_, text.c_str(), inode, type);
    if (error != EXT2_ET_DIR_NO_SPACE)
        return outcome(error);
    LODGER_TRY(outcome(ext2fs_expand_dir(system_, directory_)));
    return outcome(ext2fs_link(system_, directory_, text.c_str(), inode, type));
}

Result<> Names::remove(std::string_view name, ext2_ino_t inode) const
{
    std::string const text{name};
    return outcome(ext2fs_unlink(system_, directory_, text.c_str(), inode, 0));
}

Result<> Names::redirect(std::string_view name, ext2_ino_t inode, int type) const
{
    bool found = false;
    LODGER_TRY(for_each(system_, directory_, [&](ext2_dir_entry* entry) {
        if (name_of(entry) != name)
            return 0;
        entry->inode = inode;
        if (ext2fs_has_feature_filetype(system_->super))
            ext2fs_dirent_set_file_type(entry, type);
        found = true;
        return DIRENT_ABORT | DIRENT_CHANGED;
    }));
    return found ? Result<>{} : Failure{Errc::not_found};
}

} // namespace lodger::ext4
