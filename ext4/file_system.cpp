#include <lodger/ext4/open_file.hpp>

#include <algorithm>
#include <new>

namespace lodger::ext4 {
namespace {

bool writes(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY;
}

} // namespace

Result<> apply(BlockCache& cache, Inode& inode, posix::Changes const& changes)
{
    if (inode.is_fixed())
        return Failure{Errc::not_permitted_now};
    if (changes.size) {
        if (inode.is_directory())
            return Failure{Errc::is_a_directory};
        if (!inode.is_regular())
            return Failure{Errc::invalid_argument};
        LODGER_TRY(Contents(cache, inode).resize(*changes.size));
    }
    if (changes.mode)
        inode.set_mode(*changes.mode);
    if (changes.owner)
        inode.set_owner(*changes.owner);
    if (changes.group)
        inode.set_group(*changes.group);
    if (changes.accessed)
        inode.set_accessed(*changes.accessed);
    if (changes.modified)
        inode.set_modified(*changes.modified);
    inode.set_changed(now());
    return inode.write();
}

Result<std::unique_ptr<FileSystem>>
FileSystem::open(Medium& medium, Options const& options, std::string& why)
{
    auto volume = LODGER_TRY(Volume::open(medium, options, why));
    std::unique_ptr<State> state{new (std::nothrow) State{std::move(volume)}};
    if (!state)
        return Failure{Errc::no_memory};
    std::unique_ptr<FileSystem> made{new (std::nothrow) FileSystem{std::move(state)}};
    if (!made)
        return Failure{Errc::no_memory};
    return made;
}

FileSystem::FileSystem(std::unique_ptr<State> state) : state_{std::move(state)} {}
FileSystem::~FileSystem() = default;

/// What is there is opened, or it is made, and then opened.
Result<posix::File*> FileSystem::open(std::string_view path, int flags, mode_t mode)
{
    bool const must_make = (flags & O_CREAT) && (flags & O_EXCL);
    bool const keeps_link = (flags & O_NOFOLLOW) || must_make;
    auto const last = keeps_link ? posix::LastLink::keep : posix::LastLink::follow;
    return alone([&]() -> Result<posix::File*> {
        Volume& volume = *state_->volume;
        Place const place = LODGER_TRY(state_->tree.walk(path, last));
        if (!place.exists() && !(flags & O_CREAT))
            return Failure{Errc::not_found};
        if (place.exists() && must_make)
            return Failure{Errc::exists};
        Inode inode = LODGER_TRY(
            place.exists() ? Inode::read(volume.system(), place.inode)
                           : volume.change([&] { return state_->tree.make_file(place, mode); }));
        posix::File* file = nullptr;
        if (inode.is_directory()) {
            if (writes(flags) || (flags & O_CREAT))
                return Failure{Errc::is_a_directory};
            file = new (std::nothrow) OpenDirectory{*this, inode.number(), flags};
        } else {
            if (flags & O_DIRECTORY)
                return Failure{Errc::not_a_directory};
            if (inode.is_link())
                return Failure{Errc::link_loop};
            if (!inode.is_regular())
                return Failure{Errc::unsupported};
            if (writes(flags) && volume.is_read_only())
                return Failure{Errc::read_only};
            if (writes(flags) && inode.is_fixed())
                return Failure{Errc::not_permitted_now};
            if ((flags & O_TRUNC) && writes(flags) && inode.size() > 0)
                LODGER_TRY(
                    volume.change([&] { return Contents{volume.cache(), inode}.resize(0); }));
            file = new (std::nothrow) OpenFile{*this, inode.number(), flags};
        }
        return file ? Result<posix::File*>{file} : Failure{Errc::no_memory};
    });
}

Result<> FileSystem::status(std::string_view path, posix::LastLink last, struct stat& status)
{
    return alone([&]() -> Result<> {
        LODGER_TRY(state_->tree.find(path, last)).describe(status);
        return {};
    });
}

Result<>
FileSystem::change(std::string_view path, posix::LastLink last, posix::Changes const& changes)
{
    return change_alone([&]() -> Result<> {
        Inode inode = LODGER_TRY(state_->tree.find(path, last));
        return apply(state_->volume->cache(), inode, changes);
    });
}

Result<> FileSystem::make_directory(std::string_view path, mode_t mode)
{
    return change_alone([&]() -> Result<> {
        Place const place = LODGER_TRY(state_->tree.walk(path, posix::LastLink::keep));
        if (place.exists())
            return Failure{Errc::exists};
        return state_->tree.make_directory(place, mode);
    });
}

Result<> FileSystem::remove_directory(std::string_view path)
{
    return change_alone([&]() -> Result<> {
        Place const place = LODGER_TRY(state_->tree.walk(path, posix::LastLink::keep));
        if (!place.exists())
            return Failure{Errc::not_found};
        return state_->tree.remove_directory(place);
    });
}

Result<> FileSystem::rename(std::string_view from, std::string_view to)
{
    return change_alone([&]() -> Result<> {
        Place const before = LODGER_TRY(state_->tree.walk(from, posix::LastLink::keep));
        Place const after = LODGER_TRY(state_->tree.walk(to, posix::LastLink::keep));
        if (!before.exists())
            return Failure{Errc::not_found};
        return state_->tree.rename(before, after);
    });
}

Result<> FileSystem::link(std::string_view from, std::string_view to)
{
    return change_alone([&]() -> Result<> {
        Inode inode = LODGER_TRY(state_->tree.find(from, posix::LastLink::keep));
        Place const place = LODGER_TRY(state_->tree.walk(to, posix::LastLink::keep));
        if (place.exists())
            return Failure{Errc::exists};
        if (inode.is_directory())
            return Failure{Errc::not_permitted_now};
        return state_->tree.add_name(place, inode);
    });
}

Result<> FileSystem::unlink(std::string_view path)
{
    return change_alone([&]() -> Result<> {
        Place const place = LODGER_TRY(state_->tree.walk(path, posix::LastLink::keep));
        if (!place.exists())
            return Failure{Errc::not_found};
        return state_->tree.remove_file(place);
    });
}

Result<> FileSystem::symlink(std::string_view text, std::string_view path)
{
    return change_alone([&]() -> Result<> {
        Place const place = LODGER_TRY(state_->tree.walk(path, posix::LastLink::keep));
        if (place.exists())
            return Failure{Errc::exists};
        return state_->tree.make_link(place, text);
    });
}

Result<std::size_t> FileSystem::read_link(std::string_view path, std::span<char> to)
{
    return alone([&]() -> Result<std::size_t> {
        Inode link = LODGER_TRY(state_->tree.find(path, posix::LastLink::keep));
        std::string const text = LODGER_TRY(state_->tree.text_of(link));
        return text.copy(to.data(), to.size());
    });
}

Result<> FileSystem::describe(struct statvfs& space)
{
    return alone([&]() -> Result<> {
        ext2_filsys const system = state_->volume->system();
        blk64_t const free = ext2fs_free_blocks_count(system->super);
        blk64_t const kept = ext2fs_r_blocks_count(system->super);
        space.f_bsize = system->blocksize;
        space.f_frsize = system->blocksize;
        space.f_blocks = static_cast<fsblkcnt_t>(ext2fs_blocks_count(system->super));
        space.f_bfree = static_cast<fsblkcnt_t>(free);
        space.f_bavail = static_cast<fsblkcnt_t>(free > kept ? free - kept : 0);
        space.f_files = static_cast<fsfilcnt_t>(system->super->s_inodes_count);
        space.f_ffree = static_cast<fsfilcnt_t>(system->super->s_free_inodes_count);
        space.f_favail = space.f_ffree;
        space.f_flag = state_->volume->is_read_only() ? ST_RDONLY : 0;
        space.f_namemax = most_name;
        return {};
    });
}

Result<> FileSystem::sync()
{
    return alone([&] { return state_->volume->sync(); });
}

Result<> FileSystem::unmounted()
{
    return alone([&]() -> Result<> {
        state_->is_closed = true;
        return state_->volume->close();
    });
}

} // namespace lodger::ext4
