#include "support/ext4_mounted.hpp"

#include <map>
#include <random>

// Many changes at random, beside a model of what must be there; in between e2fsck looks.

using namespace lodger;
using namespace lodger::test;

namespace {

/// A tree of files and directories: paths to contents, or to none for a directory.
class Model {
public:
    Model(Mounted& disk, std::mt19937& numbers) : disk_{&disk}, numbers_{numbers} {}

    void go_on_with(Mounted& disk) { disk_ = &disk; }

    void step()
    {
        switch (below(10)) {
        case 0: return make_directory();
        case 1: return remove();
        case 2: return rename();
        case 3: return resize();
        case 4: return link();
        default: return write();
        }
    }

    void check()
    {
        for (auto const& [path, file] : entries_) {
            INFO(path);
            if (file)
                CHECK(disk_->read(path).value() == *file);
            else
                CHECK(S_ISDIR(disk_->status(path)->st_mode));
        }
        for (auto const& [path, file] : entries_)
            if (!file)
                CHECK(disk_->list(path).value() == children(path));
        CHECK(disk_->list("").value() == children(""));
    }

private:
    using File = std::shared_ptr<std::string>;

    unsigned below(unsigned end) { return static_cast<unsigned>(numbers_() % end); }

    std::set<std::string> children(std::string const& directory) const
    {
        std::set<std::string> names;
        if (directory.empty())
            names.insert("lost+found");
        std::string const start = directory.empty() ? "" : directory + "/";
        for (auto const& [path, file] : entries_)
            if (path.starts_with(start) && path.find('/', start.size()) == path.npos)
                names.insert(path.substr(start.size()));
        return names;
    }

    std::string some(bool directory)
    {
        std::vector<std::string> found;
        for (auto const& [path, file] : entries_)
            if (directory == !file)
                found.push_back(path);
        if (directory)
            found.emplace_back();
        return found.empty() ? "" : found[below(static_cast<unsigned>(found.size()))];
    }

    std::string fresh()
    {
        std::string const parent = some(true);
        std::string name = "n" + std::to_string(next_++);
        if (below(4) == 0)
            name.resize(1 + name.size() + below(249), 'x');
        return parent.empty() ? name : parent + "/" + name;
    }

    static bool is_full(Result<> const& outcome)
    {
        return !outcome && outcome.error() == Errc::no_space;
    }

    void make_directory()
    {
        std::string const path = fresh();
        auto const made = disk_->system->make_directory(path, 0755);
        if (made)
            entries_[path] = nullptr;
        else
            CHECK(is_full(made));
    }

    void write()
    {
        std::string path = below(2) == 0 ? some(false) : fresh();
        if (path.empty())
            path = fresh();
        auto const opened = disk_->open(path, O_RDWR | O_CREAT);
        if (!opened) {
            CHECK(opened.error() == Errc::no_space);
            return;
        }
        File& file = entries_[path];
        if (!file)
            file = std::make_shared<std::string>();
        std::size_t const at = below(3) == 0 ? below(400'000) : file->size();
        std::string const text(
            1 + below(below(4) == 0 ? 300'000 : 6000), static_cast<char>('a' + below(26)));
        auto const count = (*opened)->write(at, std::as_bytes(std::span{text}));
        if (!count) {
            CHECK(count.error() == Errc::no_space);
            return;
        }
        file->resize(std::max(file->size(), at + *count));
        file->replace(at, *count, text, 0, *count);
    }

    void resize()
    {
        std::string const path = some(false);
        if (path.empty())
            return;
        std::size_t const size = below(2) == 0 ? below(300'000) : below(5000);
        CHECK(disk_->system->change(path, LastLink::keep, {.size = size}));
        entries_[path]->resize(size);
    }

    void link()
    {
        std::string const from = some(false);
        std::string const to = fresh();
        if (from.empty())
            return;
        auto const linked = disk_->system->link(from, to);
        if (linked)
            entries_[to] = entries_[from];
        else
            CHECK(is_full(linked));
    }

    void remove()
    {
        bool const directory = below(3) == 0;
        std::string const path = some(directory);
        if (path.empty())
            return;
        if (!directory) {
            CHECK(disk_->system->unlink(path));
            entries_.erase(path);
        } else if (children(path).empty()) {
            CHECK(disk_->system->remove_directory(path));
            entries_.erase(path);
        } else {
            CHECK(disk_->system->remove_directory(path).error() == Errc::not_empty);
        }
    }

    void rename()
    {
        bool const directory = below(2) == 0;
        std::string const from = some(directory);
        std::string const to = !directory && below(2) == 0 ? some(false) : fresh();
        if (from.empty() || to.empty() || from == to || to.starts_with(from + "/"))
            return;
        auto const renamed = disk_->system->rename(from, to);
        if (!renamed) {
            CHECK(is_full(renamed));
            return;
        }
        if (!directory && entries_.contains(to) && entries_[to] == entries_[from])
            return; // Two names of one file.
        std::map<std::string, File> moved;
        std::erase_if(entries_, [&](auto const& entry) {
            if (entry.first != from && !entry.first.starts_with(from + "/"))
                return false;
            moved[to + entry.first.substr(from.size())] = entry.second;
            return true;
        });
        for (auto const& [path, file] : moved)
            entries_[path] = file;
    }

    Mounted* disk_;
    std::mt19937& numbers_;
    std::map<std::string, File> entries_;
    unsigned next_ = 0;
};

} // namespace

TEST_CASE("many changes at random leave what they should, and nothing for e2fsck")
{
    auto const [kind, mebibytes] = GENERATE(table<std::string, unsigned>({
        {"-t ext4 -b 1024 -N 400", 12},
        {"-t ext4 -b 4096", 16},
        {"-t ext2 -b 1024", 8},
        {"-t ext4 -O ^64bit,^flex_bg,uninit_bg,^metadata_csum -g 1024 -b 1024", 12},
    }));
    std::uint32_t const seed = Catch::rngSeed();
    INFO(kind << ", seed " << seed);
    std::mt19937 numbers{seed};
    Ext4Image image{kind, std::uint64_t{mebibytes} << 20};
    Mounted first{image};
    Model model{first, numbers};
    std::optional<Mounted> disk;
    for (int round = 0; round < 3; ++round) {
        disk.emplace(image, ext4::Options{.cache_bytes = round == 0 ? 0u : 1u << 20});
        REQUIRE(disk->system);
        model.go_on_with(*disk);
        for (int i = 0; i < 150; ++i)
            model.step();
        model.check();
        REQUIRE(disk->unmount());
        REQUIRE(image.faults() == "");
    }
    disk.emplace(image);
    model.go_on_with(*disk);
    model.check();
}
