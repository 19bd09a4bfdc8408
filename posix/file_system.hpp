#pragma once

#include <lodger/posix/file.hpp>
#include <lodger/posix/open_files.hpp>

#include <dirent.h>
#include <string_view>
#include <sys/statvfs.h>

namespace lodger::posix {

/// Whether a path that ends at a symbolic link means the link, or what it leads to.
enum class LastLink : bool { follow, keep };

/// What can be mounted (posix/mount.hpp), and the program's files are then in: the seam between
/// POSIX's functions and whoever keeps files.
///
/// Paths are below the place where it is mounted: `etc/passwd`, or empty for its root. They have no
/// `.`, no `..`, no empty names and no slash at either end, and behind each stands a 0. `unlink`,
/// `rename` and those that make something are never asked of the root. Symbolic links are the file
/// system's own business: one that begins with a slash is meant from its root, and none leads out.
///
/// There is one user, who may do everything. Threads ask while others wait for an answer: who has
/// to wait, for a disk say, has them take turns (posix/turns.hpp). What is not overridden is
/// `ENOSYS`.
class FileSystem {
public:
    FileSystem() = default;
    FileSystem(FileSystem const&) = delete;
    FileSystem& operator=(FileSystem const&) = delete;

    /// A `StoredFile`, or to read a `Directory`, with nobody using it yet.
    /// @param flags of these it heeds O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW
    /// @param mode of a file that is created
    /// @return `is_a_directory` if a directory is to be written
    virtual Result<File*> open(std::string_view path, int flags, mode_t mode) = 0;

    /// @param status of zeros, but for `st_nlink`, which is 1
    virtual Result<> status(std::string_view path, LastLink last, struct stat& status) = 0;
    virtual Result<> change(std::string_view, LastLink, Changes const&) { return none(); }

    virtual Result<> make_directory(std::string_view, mode_t) { return none(); }
    virtual Result<> remove_directory(std::string_view) { return none(); }
    /// From one path to another, which is not the same, nor within it. What was there is gone, if
    /// it was of the same kind, and if a directory, empty.
    virtual Result<> rename(std::string_view, std::string_view) { return none(); }
    /// One more name for what is not a directory.
    virtual Result<> link(std::string_view, std::string_view) { return none(); }
    /// The file stays while it is open. @return `is_a_directory` for a directory
    virtual Result<> unlink(std::string_view) { return none(); }
    /// The link holds the first text, and is made at the second.
    virtual Result<> symlink(std::string_view, std::string_view) { return none(); }
    /// @return how much of the link's text there is, or room for
    /// @return `invalid_argument` if it is no symbolic link
    virtual Result<std::size_t> read_link(std::string_view, std::span<char>) { return none(); }

    /// It is given zeros.
    virtual Result<> describe(struct statvfs&) { return none(); }
    /// Everything written is safe on the medium.
    virtual Result<> sync() { return none(); }
    /// It was unmounted, or the guest ends: no file of it is open, and it is asked nothing more
    /// until it is mounted again.
    virtual Result<> unmounted() { return sync(); }

    /// Files of it that are open and calls that have not returned; while there are any, it stays
    /// mounted.
    unsigned users = 0;
    void unused() {}

protected:
    ~FileSystem() = default;

private:
    static Failure none() { return Failure{Errc::not_implemented}; }
};

/// A file of a file system. It is the file system's to delete it, in `unused`.
class StoredFile : public File {
public:
    FileSystem* file_system() const final { return home_.get(); }

protected:
    StoredFile(FileSystem& home, int how) : File{how}, home_{&home} {}
    ~StoredFile() = default;

private:
    InUse<FileSystem> home_;
};

/// A directory that was opened to be read. Its descriptor's position says which entry is next.
class Directory : public StoredFile {
public:
    /// @param at 0 at the first entry; otherwise what this function has left, unless the
    ///     program has made it up
    /// @param entry what is there, `.` and `..` too if the file system has them
    /// @return whether there was one more; one that is added or removed meanwhile hides no others
    virtual Result<bool> next(std::uint64_t& at, dirent& entry) = 0;

    Directory* as_directory() final { return this; }
    Result<std::size_t> read(std::uint64_t, std::span<std::byte>) final { return refuse(); }
    Result<std::size_t> write(std::uint64_t, std::span<std::byte const>) final { return refuse(); }

protected:
    using StoredFile::StoredFile;
    ~Directory() = default;

private:
    static Failure refuse() { return Failure{Errc::is_a_directory}; }
};

} // namespace lodger::posix
