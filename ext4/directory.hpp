#pragma once

#include <lodger/ext4/inode.hpp>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lodger::ext4 {

/// One entry of a directory.
struct Entry {
    ext2_ino_t inode;
    std::uint8_t type; ///< EXT2_FT_*; 0 if the file system does not keep it here
    std::string_view name;
};

/// The entries of a directory as they were. There may be any number: if there are too many, it is
/// an error, as new memory is not.
class Listing {
public:
    /// @return `no_memory`
    Result<> add(Entry const& entry);
    /// @param at 0 for the first one, or what this function has left; anything else finds anything
    std::optional<Entry> next(std::uint64_t& at) const;

private:
    struct Head {
        ext2_ino_t inode;
        std::uint8_t type;
        std::uint8_t length; ///< of the name behind it
    };
    struct Free {
        void operator()(char* bytes) const { std::free(bytes); }
    };

    std::unique_ptr<char[], Free> bytes_;
    std::size_t size_ = 0;
    std::size_t room_ = 0;
};

constexpr std::size_t most_name = EXT2_NAME_LEN;

/// The names in one directory. The directory's times are not changed, nor is any link counted.
class Names {
public:
    /// @return `not_a_directory`; `io` if it has more blocks than the disk
    static Result<Names> in(Inode const& directory);

    /// @return `not_found`
    Result<ext2_ino_t> find(std::string_view name) const;
    /// All of them, `.` and `..` too.
    Result<Listing> all() const;
    Result<bool> is_empty() const;

    /// @param type EXT2_FT_*
    Result<> add(std::string_view name, ext2_ino_t inode, int type) const;
    Result<> remove(std::string_view name, ext2_ino_t inode) const;
    /// Has a name that is there mean something else.
    Result<> redirect(std::string_view name, ext2_ino_t inode, int type) const;

private:
    Names(ext2_filsys system, ext2_ino_t directory) : system_{system}, directory_{directory} {}

    ext2_filsys system_;
    ext2_ino_t directory_;
};

/// The type that a directory keeps of an inode with this mode.
int type_of(std::uint16_t mode);

} // namespace lodger::ext4
