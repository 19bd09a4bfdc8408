#include <lodger/tests/unit/support/memory_file_system.hpp>

#include <cstring>
#include <utility>
#include <vector>

namespace lodger::test {
namespace {

using posix::LastLink;
using NodePtr = std::shared_ptr<Node>;

class OpenNode final : public posix::StoredFile {
public:
    OpenNode(MemoryFileSystem& home, NodePtr node, int how)
        : StoredFile{home, how},
          home_{home},
          node_{std::move(node)}
    {
    }

    Result<std::size_t> read(std::uint64_t at, std::span<std::byte> to) override
    {
        home_.meanwhile();
        std::string_view const from = node_->bytes;
        return at < from.size() ? from.copy(reinterpret_cast<char*>(to.data()), to.size(), at) : 0;
    }
    Result<std::size_t> write(std::uint64_t at, std::span<std::byte const> from) override
    {
        if (at + from.size() > home_.room)
            return Failure{Errc::no_space};
        node_->bytes.resize(std::max<std::size_t>(node_->bytes.size(), at + from.size()));
        std::memcpy(node_->bytes.data() + at, from.data(), from.size());
        return from.size();
    }
    Result<std::uint64_t> size() const override
    {
        if (home_.is_gone)
            return Failure{Errc::disconnected};
        return node_->bytes.size();
    }
    Result<> sync() override { return home_.sync(); }
    Result<> describe(struct stat& status) const override { return node_->describe(status); }
    Result<> change(posix::Changes const& changes) override { return node_->change(changes); }
    void unused() override { delete this; }

private:
    MemoryFileSystem& home_;
    NodePtr node_;
};

class OpenDirectory final : public posix::Directory {
public:
    OpenDirectory(MemoryFileSystem& home, NodePtr node, int how)
        : Directory{home, how},
          node_{std::move(node)}
    {
    }

    /// The names are those at the start, but for those that are gone: removing some while reading
    /// hides no others.
    Result<bool> next(std::uint64_t& at, dirent& entry) override
    {
        if (at == 0)
            all_ = {node_->entries.begin(), node_->entries.end()};
        while (at < all_.size()) {
            auto const& [name, node] = all_[at++];
            if (!node_->entries.contains(name))
                continue;
            entry.d_ino = node->number;
            entry.d_type = IFTODT(node->mode);
            name.copy(entry.d_name, sizeof entry.d_name - 1);
            return true;
        }
        return false;
    }
    Result<> describe(struct stat& status) const override { return node_->describe(status); }
    Result<> change(posix::Changes const& changes) override { return node_->change(changes); }
    void unused() override { delete this; }

private:
    NodePtr node_;
    std::vector<std::pair<std::string, NodePtr>> all_;
};

/// What stands before the first slash; `path` is what stands behind it.
std::string take_name(std::string& path)
{
    std::size_t const slash = path.find('/');
    std::string const name = path.substr(0, slash);
    path.erase(0, slash == std::string::npos ? slash : slash + 1);
    return name;
}

/// Whether a directory may come in the place of what is there, or something else.
Result<> check_replaced(Node const& from, Node const& to)
{
    if (from.is_directory() && !to.is_directory())
        return Failure{Errc::not_a_directory};
    if (!from.is_directory() && to.is_directory())
        return Failure{Errc::is_a_directory};
    return to.entries.empty() ? Result<>{} : Failure{Errc::not_empty};
}

} // namespace

Result<NodePtr> MemoryFileSystem::find(std::string_view path, LastLink last)
{
    int links = 40;
    NodePtr at = root_;
    for (std::string rest{path}; !rest.empty();) {
        if (!at->is_directory())
            return Failure{Errc::not_a_directory};
        std::string const name = take_name(rest);
        if (name.size() > 255)
            return Failure{Errc::name_too_long};
        auto const found = at->entries.find(name);
        if (name.empty() || found == at->entries.end()) // absolute and ".." links are not in here
            return Failure{Errc::not_found};
        if (!found->second->is_link() || (rest.empty() && last == LastLink::keep)) {
            at = found->second;
            continue;
        }
        if (--links == 0)
            return Failure{Errc::link_loop};
        rest = found->second->bytes + (rest.empty() ? "" : "/") + rest;
    }
    return at;
}

Result<MemoryFileSystem::Spot> MemoryFileSystem::spot(std::string_view path)
{
    std::size_t const slash = path.rfind('/');
    bool const is_below = slash != std::string_view::npos;
    NodePtr const directory =
        LODGER_TRY(find(is_below ? path.substr(0, slash) : "", LastLink::follow));
    std::string const name{is_below ? path.substr(slash + 1) : path};
    if (!directory->is_directory())
        return Failure{Errc::not_a_directory};
    if (name.size() > 255)
        return Failure{Errc::name_too_long};
    auto const found = directory->entries.find(name);
    return Spot{directory.get(), name, found == directory->entries.end() ? nullptr : found->second};
}

Result<MemoryFileSystem::Spot> MemoryFileSystem::spot_to_change(std::string_view path)
{
    Spot where = LODGER_TRY(spot(path));
    if (!where.node)
        return Failure{Errc::not_found};
    if (is_read_only)
        return Failure{Errc::read_only};
    return where;
}

Result<NodePtr> MemoryFileSystem::add(std::string_view path, mode_t mode)
{
    Spot const where = LODGER_TRY(spot(path));
    if (where.node)
        return Failure{Errc::exists};
    if (is_read_only)
        return Failure{Errc::read_only};
    auto const count = [this](Node* node) {
        --open_nodes;
        delete node;
    };
    ++open_nodes;
    NodePtr const made{new Node{.mode = mode, .number = ++last_number_}, count};
    return where.directory->entries[where.name] = made;
}

Result<NodePtr> MemoryFileSystem::to_open(std::string_view path, int flags, mode_t mode)
{
    LastLink const last = flags & O_NOFOLLOW ? LastLink::keep : LastLink::follow;
    auto const found = find(path, last);
    if (!found && found.error() == Errc::not_found && (flags & O_CREAT))
        return add(path, S_IFREG | mode);
    if (found && (flags & O_CREAT) && (flags & O_EXCL))
        return Failure{Errc::exists};
    return found;
}

Result<posix::File*> MemoryFileSystem::open(std::string_view path, int flags, mode_t mode)
{
    bool const writes = (flags & O_ACCMODE) != O_RDONLY;
    NodePtr const node = LODGER_TRY(to_open(path, flags, mode));
    if (node->is_link())
        return Failure{Errc::link_loop};
    if (node->is_directory() && (writes || (flags & O_CREAT)))
        return Failure{Errc::is_a_directory};
    if (!node->is_directory() && (flags & O_DIRECTORY))
        return Failure{Errc::not_a_directory};
    if (writes && is_read_only)
        return Failure{Errc::read_only};
    if (node->is_directory())
        return new OpenDirectory{*this, node, flags};
    if (flags & O_TRUNC)
        node->bytes.clear();
    return new OpenNode{*this, node, flags};
}

Result<> MemoryFileSystem::status(std::string_view path, LastLink last, struct stat& status)
{
    NodePtr const node = LODGER_TRY(find(path, last));
    return node->describe(status);
}

Result<>
MemoryFileSystem::change(std::string_view path, LastLink last, posix::Changes const& changes)
{
    NodePtr const node = LODGER_TRY(find(path, last));
    if (is_read_only)
        return Failure{Errc::read_only};
    if (changes.size && node->is_directory())
        return Failure{Errc::is_a_directory};
    return node->change(changes);
}

Result<> MemoryFileSystem::make_directory(std::string_view path, mode_t mode)
{
    NodePtr const made = LODGER_TRY(add(path, S_IFDIR | mode));
    made->links = 2;
    return {};
}

Result<> MemoryFileSystem::remove_directory(std::string_view path)
{
    Spot const where = LODGER_TRY(spot_to_change(path));
    if (!where.node->is_directory())
        return Failure{Errc::not_a_directory};
    if (!where.node->entries.empty())
        return Failure{Errc::not_empty};
    where.directory->entries.erase(where.name);
    return {};
}

Result<> MemoryFileSystem::rename(std::string_view from, std::string_view to)
{
    Spot const old = LODGER_TRY(spot_to_change(from));
    Spot const next = LODGER_TRY(spot(to));
    if (old.node == next.node)
        return {};
    if (next.node)
        LODGER_TRY(check_replaced(*old.node, *next.node));
    if (next.node)
        --next.node->links;
    next.directory->entries[next.name] = old.node;
    old.directory->entries.erase(old.name);
    return {};
}

Result<> MemoryFileSystem::link(std::string_view from, std::string_view to)
{
    Spot const old = LODGER_TRY(spot_to_change(from));
    Spot const next = LODGER_TRY(spot(to));
    if (old.node->is_directory())
        return Failure{Errc::not_permitted_now};
    if (next.node)
        return Failure{Errc::exists};
    if (old.node->links == 3)
        return Failure{Errc::too_many_links};
    ++old.node->links;
    next.directory->entries[next.name] = old.node;
    return {};
}

Result<> MemoryFileSystem::unlink(std::string_view path)
{
    Spot const where = LODGER_TRY(spot_to_change(path));
    if (where.node->is_directory())
        return Failure{Errc::is_a_directory};
    --where.node->links;
    where.directory->entries.erase(where.name);
    return {};
}

Result<> MemoryFileSystem::symlink(std::string_view text, std::string_view path)
{
    NodePtr const made = LODGER_TRY(add(path, S_IFLNK | 0777));
    made->bytes = text;
    return {};
}

Result<std::size_t> MemoryFileSystem::read_link(std::string_view path, std::span<char> to)
{
    NodePtr const node = LODGER_TRY(find(path, LastLink::keep));
    if (!node->is_link())
        return Failure{Errc::invalid_argument};
    return node->bytes.copy(to.data(), to.size());
}

Result<> MemoryFileSystem::describe(struct statvfs& space)
{
    space.f_bsize = space.f_frsize = 4096;
    space.f_blocks = space.f_bfree = space.f_bavail = room / 4096;
    space.f_namemax = 255;
    space.f_flag = is_read_only ? ST_RDONLY : 0;
    return {};
}

} // namespace lodger::test
