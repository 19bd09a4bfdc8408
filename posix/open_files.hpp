#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace lodger::posix {

/// Keeps a file in use until the end of the block: another thread may close its descriptor.
/// `File` counts its `users`, and the last of them calls its `unused`.
template <class File>
class InUse {
public:
    explicit InUse(File* file) : file_{file}
    {
        if (file_)
            ++file_->users;
    }
    InUse(InUse const&) = delete;
    InUse& operator=(InUse const&) = delete;
    ~InUse()
    {
        if (file_ && --file_->users == 0)
            file_->unused();
    }

    explicit operator bool() const { return file_ != nullptr; }
    File* get() const { return file_; }
    File* operator->() const { return file_; }
    File& operator*() const { return *file_; }

private:
    File* file_;
};

/// The descriptors: small numbers, always the smallest that is free.
template <class File, std::size_t most>
class OpenFiles {
public:
    static constexpr std::size_t size = most;

    /// @param standard the first descriptors, which are open from the start, and counted
    template <class... T>
    constexpr explicit OpenFiles(T&... standard) : files_{&standard...}
    {
    }

    /// @return the descriptor, at least `least`; -1 if there is none left
    int add(File& file, std::size_t least = 0)
    {
        for (std::size_t i = least; i < most; ++i) {
            if (!files_[i]) {
                files_[i] = &file;
                ++file.users;
                return static_cast<int>(i);
            }
        }
        return -1;
    }

    bool is_full() const
    {
        return std::find(files_.begin(), files_.end(), nullptr) == files_.end();
    }

    /// Null if it is not open.
    File* find(int descriptor) const
    {
        auto const index = static_cast<std::size_t>(descriptor);
        return index < most ? files_[index] : nullptr;
    }

    /// @return whether it was open
    bool remove(int descriptor)
    {
        File* const file = find(descriptor);
        if (!file)
            return false;
        files_[static_cast<std::size_t>(descriptor)] = nullptr;
        if (--file->users == 0)
            file->unused();
        return true;
    }

    /// Closes those of which `is_meant` is true.
    void remove_if(auto is_meant)
    {
        for (std::size_t i = 0; i < most; ++i)
            if (files_[i] && is_meant(*files_[i]))
                remove(static_cast<int>(i));
    }

private:
    std::array<File*, most> files_{};
};

} // namespace lodger::posix
