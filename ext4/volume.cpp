#include <lodger/ext4/channel.hpp>
#include <lodger/ext4/examine.hpp>
#include <lodger/ext4/volume.hpp>

#include <new>

namespace lodger::ext4 {

Result<std::unique_ptr<Volume>>
Volume::open(Medium& medium, Options const& options, std::string& why)
{
    why = "it cannot be read";
    std::unique_ptr<Volume> volume{new (std::nothrow) Volume};
    if (!volume)
        return Failure{Errc::no_memory};
    volume->cache_ = LODGER_TRY(BlockCache::create(medium, options.cache_bytes));
    Options wished = options;
    wished.read_only |= options.unrecovered;
    if (medium.geometry().is_read_only && !wished.read_only) {
        why = "its disk is read-only: mount it read-only";
        return Failure{Errc::read_only};
    }
    LODGER_TRY(volume->start(wished, why));
    return volume;
}

Result<> Volume::start(Options const& options, std::string& why)
{
    ext2_super_block super;
    std::uint64_t const size = cache_->size();
    if (size < SUPERBLOCK_OFFSET + SUPERBLOCK_SIZE) {
        why = "there is no ext2, ext3 or ext4 file system on it";
        return Failure{Errc::protocol};
    }
    LODGER_TRY(cache_->read(SUPERBLOCK_OFFSET, std::as_writable_bytes(std::span{&super, 1})));
    LODGER_TRY(examine(super, size, options, why));
    why = "it is damaged: run `e2fsck -f` on it";
    int const flags =
        EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP | (options.read_only ? 0 : EXT2_FLAG_RW);
    LODGER_TRY(outcome(ext2fs_open2(
        channel_name(*cache_).c_str(), nullptr, flags, 0, 0, channel_manager(), &system_)));
    system_->default_bitmap_type = EXT2FS_BMAP64_RBTREE;
    LODGER_TRY(outcome(ext2fs_check_desc(system_)));
    if (!options.read_only)
        LODGER_TRY(outcome(ext2fs_read_bitmaps(system_)));
    Inode const root = LODGER_TRY(Inode::read(system_, EXT2_ROOT_INO));
    if (!root.is_directory())
        return Failure{Errc::protocol};
    is_read_only_ = options.read_only;
    why.clear();
    return {};
}

Volume::~Volume()
{
    static_cast<void>(close());
}

/// Errors that leave nobody sure of what was changed and what was not.
void Volume::consider(Errc error)
{
    switch (error) {
    case Errc::io:
    case Errc::disconnected:
    case Errc::no_memory:
    case Errc::protocol:
    case Errc::out_of_range:
    case Errc::would_deadlock:
    case Errc::unknown: has_failed_ = true; return;
    case Errc::invalid_argument:
    case Errc::timed_out:
    case Errc::cancelled:
    case Errc::too_large:
    case Errc::not_found:
    case Errc::exists:
    case Errc::denied:
    case Errc::again:
    case Errc::busy:
    case Errc::no_space:
    case Errc::quota:
    case Errc::not_implemented:
    case Errc::not_permitted_now:
    case Errc::unsupported:
    case Errc::read_only:
    case Errc::misaligned:
    case Errc::no_device:
    case Errc::quarantined:
    case Errc::not_a_directory:
    case Errc::is_a_directory:
    case Errc::not_empty:
    case Errc::name_too_long:
    case Errc::too_many_links:
    case Errc::link_loop:
    case Errc::cross_device: return;
    }
}

Result<> Volume::begin_change()
{
    if (is_read_only())
        return Failure{Errc::read_only};
    if (has_changed_)
        return {};
    auto const marked = write_state(false);
    if (!marked) {
        has_failed_ = true;
        return marked;
    }
    has_changed_ = true;
    return {};
}

/// Has the cache have what the library keeps, and the medium what the cache has. A medium that
/// cannot say whether it has it is as good as it can be.
Result<> Volume::flush(int flags)
{
    system_->flags |= flags;
    errcode_t const error = ext2fs_flush2(system_, EXT2_FLAG_FLUSH_NO_SYNC);
    system_->flags &= ~flags;
    LODGER_TRY(outcome(error));
    return cache_->flush();
}

Result<> Volume::write_state(bool is_clean)
{
    auto& state = system_->super->s_state;
    state = static_cast<__u16>(is_clean ? state | EXT2_VALID_FS : state & ~EXT2_VALID_FS);
    ext2fs_mark_super_dirty(system_);
    auto const written = flush(EXT2_FLAG_SUPER_ONLY);
    if (!written && written.error() != Errc::unsupported)
        return written;
    return {};
}

Result<> Volume::sync()
{
    if (has_failed_)
        return Failure{Errc::io};
    if (!has_changed_)
        return {};
    auto const flushed = flush(0);
    if (!flushed && flushed.error() != Errc::unsupported)
        has_failed_ = true;
    return flushed;
}

Result<> Volume::close()
{
    if (!system_)
        return {};
    Result<> closed = sync();
    if (!closed && closed.error() == Errc::unsupported)
        closed = {};
    if (closed && has_changed_)
        closed = write_state(true);
    ext2fs_free(system_);
    system_ = nullptr;
    return closed;
}

} // namespace lodger::ext4
