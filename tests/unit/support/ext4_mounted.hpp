#pragma once

#include "ext4_image.hpp"
#include <lodger/ext4/file_system.hpp>

#include <set>

namespace lodger::test {

using posix::LastLink;

/// A file system that is mounted for as long as this lives, and the calls on it, as short as tests
/// want them.
class Mounted {
public:
    explicit Mounted(Ext4Image& image, ext4::Options const& options = {})
    {
        auto opened = ext4::FileSystem::open(image, options, why);
        if (opened)
            system = std::move(*opened);
        else
            error = opened.error();
    }

    Result<> unmount()
    {
        auto const unmounted = system->unmounted();
        system.reset();
        return unmounted;
    }

    /// A file, open.
    struct Open {
        explicit Open(posix::File* opened) : file{opened} { ++file->users; }
        Open(Open&& other) noexcept : file{std::exchange(other.file, nullptr)} {}
        ~Open()
        {
            if (file && --file->users == 0)
                file->unused();
        }
        posix::File* operator->() const { return file; }
        posix::File* file;
    };

    Result<Open> open(std::string const& path, int flags = O_RDONLY, mode_t mode = 0644)
    {
        return Open{LODGER_TRY(system->open(path, flags, mode))};
    }

    Result<> write(
        std::string const& path, std::string_view text, std::uint64_t at = 0,
        int flags = O_WRONLY | O_CREAT)
    {
        Open const file = LODGER_TRY(open(path, flags));
        while (!text.empty()) {
            auto const count = LODGER_TRY(file->write(at, std::as_bytes(std::span{text})));
            REQUIRE(count > 0);
            text.remove_prefix(count);
            at += count;
        }
        return {};
    }

    Result<std::string> read(std::string const& path)
    {
        Open const file = LODGER_TRY(open(path));
        std::string text(*file->size(), '\0');
        auto const count = LODGER_TRY(file->read(0, std::as_writable_bytes(std::span{text})));
        text.resize(count);
        return text;
    }

    Result<std::set<std::string>> list(std::string const& path)
    {
        Open const file = LODGER_TRY(open(path, O_RDONLY | O_DIRECTORY));
        std::set<std::string> names;
        std::uint64_t position = 0;
        dirent entry{};
        while (LODGER_TRY(file->as_directory()->next(position, entry)))
            CHECK(names.insert(entry.d_name).second);
        names.erase(".");
        names.erase("..");
        return names;
    }

    Result<struct stat> status(std::string const& path, LastLink last = LastLink::keep)
    {
        struct stat status{};
        LODGER_TRY(system->status(path, last, status));
        return status;
    }

    std::unique_ptr<ext4::FileSystem> system;
    std::string why;
    std::optional<Errc> error;
};

} // namespace lodger::test
