#pragma once

#include <lodger/posix/file_system.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace lodger::test {

/// A file or directory of `MemoryFileSystem`, or a symbolic link.
struct Node {
    mode_t mode = 0;
    ino_t number = 0;
    std::string bytes{}; ///< of a file, or a link's text
    std::map<std::string, std::shared_ptr<Node>, std::less<>> entries{};
    Node* parent = nullptr; ///< of a directory
    nlink_t links = 1;
    uid_t owner = 0;
    gid_t group = 0;
    timespec accessed{}, modified{};

    bool is_directory() const { return S_ISDIR(mode); }
    bool is_link() const { return S_ISLNK(mode); }

    Result<> describe(struct stat& status) const
    {
        status.st_mode = mode;
        status.st_ino = number;
        status.st_nlink = links;
        status.st_uid = owner;
        status.st_gid = group;
        status.st_size = static_cast<off_t>(bytes.size());
        status.st_atim = accessed;
        status.st_mtim = modified;
        return {};
    }

    Result<> change(posix::Changes const& changes)
    {
        if (changes.size)
            bytes.resize(*changes.size);
        mode = (mode & S_IFMT) | changes.mode.value_or(mode & 07777);
        owner = changes.owner.value_or(owner);
        group = changes.group.value_or(group);
        accessed = changes.accessed.value_or(accessed);
        modified = changes.modified.value_or(modified);
        return {};
    }
};

/// Files in memory, as few words as will do and as POSIX has them.
class MemoryFileSystem final : public posix::FileSystem {
public:
    bool is_read_only = false;
    bool is_gone = false;                    ///< no file's size can be read
    std::size_t room = 1 << 20;              ///< bytes that a file can have
    std::function<void()> meanwhile = [] {}; ///< what others do while a read waits
    unsigned syncs = 0;
    unsigned ends = 0;
    int open_nodes = 0; ///< files that are there, with a name or without

    Result<posix::File*> open(std::string_view path, int flags, mode_t mode) override;
    Result<> status(std::string_view path, posix::LastLink last, struct stat& status) override;
    Result<>
    change(std::string_view path, posix::LastLink last, posix::Changes const& changes) override;
    Result<> make_directory(std::string_view path, mode_t mode) override;
    Result<> remove_directory(std::string_view path) override;
    Result<> rename(std::string_view from, std::string_view to) override;
    Result<> link(std::string_view from, std::string_view to) override;
    Result<> unlink(std::string_view path) override;
    Result<> symlink(std::string_view text, std::string_view path) override;
    Result<std::size_t> read_link(std::string_view path, std::span<char> to) override;
    Result<> describe(struct statvfs& space) override;
    Result<> sync() override { return ++syncs, Result<>{}; }
    Result<> unmounted() override { return ++ends, Result<>{}; }

private:
    using NodePtr = std::shared_ptr<Node>;

    /// Where a name is or would be.
    struct Spot {
        Node* directory;
        std::string name;
        NodePtr node; ///< null if there is none of that name
    };

    Result<NodePtr> find(std::string_view path, posix::LastLink last);
    Result<Spot> spot(std::string_view path);
    Result<Spot> spot_to_change(std::string_view path);
    Result<NodePtr> add(std::string_view path, mode_t mode);
    Result<NodePtr> to_open(std::string_view path, int flags, mode_t mode);

    NodePtr root_ = std::make_shared<Node>(Node{.mode = S_IFDIR | 0755, .number = 1, .links = 2});
    ino_t last_number_ = 1;
};

} // namespace lodger::test
