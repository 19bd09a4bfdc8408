#pragma once

#include <lodger/ext4/block_cache.hpp>
#include <lodger/ext4/inode.hpp>
#include <lodger/ext4/options.hpp>

#include <string>

namespace lodger::ext4 {

/// A file system on a medium, opened.
///
/// Its superblock says that it is in use from before the first change until `close`: of a guest
/// that is gone without it, e2fsck finds a file system that it has to look through. In between
/// changes reach the medium in any order, and all of them by `sync`.
///
/// After something that must not fail has failed (a write, or reading what a change needs) nothing
/// is changed any more, and the superblock goes on saying that it is in use.
class Volume {
public:
    /// @param why what to tell people if it cannot be
    static Result<std::unique_ptr<Volume>>
    open(Medium& medium, Options const& options, std::string& why);
    Volume(Volume const&) = delete;
    Volume& operator=(Volume const&) = delete;
    /// Writes what it can, without a word; see `close`.
    ~Volume();

    ext2_filsys system() const { return system_; }
    BlockCache& cache() const { return *cache_; }
    bool is_read_only() const { return is_read_only_ || has_failed_; }

    /// Does something that changes the file system.
    template <class Change>
    auto change(Change what) -> decltype(what())
    {
        LODGER_TRY(begin_change());
        auto done = what();
        if (!done)
            consider(done.error());
        return done;
    }

    /// All changes are safe on the medium. @return `unsupported` if nobody can say so
    Result<> sync();
    /// The same, and leaves the file system as one that was unmounted.
    Result<> close();

private:
    Volume() = default;

    Result<> start(Options const& options, std::string& why);
    Result<> begin_change();
    void consider(Errc error);
    Result<> flush(int flags);
    Result<> write_state(bool is_clean);

    std::unique_ptr<BlockCache> cache_;
    ext2_filsys system_ = nullptr;
    bool is_read_only_ = true;
    bool has_changed_ = false;
    bool has_failed_ = false;
};

} // namespace lodger::ext4
