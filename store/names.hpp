#pragma once

#include <lodger/core/result.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <string_view>

namespace lodger::store {

/// The names in a DIRECTORY reply: a range of `std::string_view`, each followed by a NUL.
class Names {
public:
    /// @param list names, each ending in a NUL
    explicit Names(std::string_view list) : list_{list} {}

    class Iterator {
    public:
        explicit Iterator(std::string_view rest) : rest_{rest} {}
        std::string_view operator*() const { return rest_.substr(0, rest_.find('\0')); }
        Iterator& operator++()
        {
            std::size_t const end = rest_.find('\0');
            rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
            return *this;
        }
        bool operator==(Iterator const& other) const { return rest_.size() == other.rest_.size(); }

    private:
        std::string_view rest_;
    };

    Iterator begin() const { return Iterator{list_}; }
    Iterator end() const { return Iterator{list_.substr(list_.size())}; }
    bool empty() const { return list_.empty(); }

private:
    std::string_view list_;
};

/// The names of a directory of any size, in memory of their own.
class NameList {
public:
    Names names() const { return Names{{bytes_.get(), size_}}; }
    Names::Iterator begin() const { return names().begin(); }
    Names::Iterator end() const { return names().end(); }
    bool empty() const { return size_ == 0; }

    /// Bytes of all names with their NULs.
    std::size_t size() const { return size_; }
    void clear() { size_ = 0; }

    /// @param more names, each ending in a NUL
    Result<> append(std::string_view more)
    {
        if (size_ + more.size() > capacity_)
            LODGER_TRY(grow(size_ + more.size()));
        more.copy(bytes_.get() + size_, more.size());
        size_ += more.size();
        return {};
    }

private:
    Result<> grow(std::size_t least)
    {
        std::size_t const wanted = std::max(least, 2 * capacity_);
        std::unique_ptr<char[]> larger{new (std::nothrow) char[wanted]};
        if (!larger)
            return Failure{Errc::no_memory};
        std::copy_n(bytes_.get(), size_, larger.get());
        bytes_ = std::move(larger);
        capacity_ = wanted;
        return {};
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// A part of a large directory: the generation it is of, names, and whether they are the last.
struct DirectoryPart {
    std::string_view generation;
    std::string_view names;
    bool is_last;

    /// @param payload of a DIRECTORY_PART reply: the generation and names, each ending in a NUL; an
    /// empty name after the last
    static Result<DirectoryPart> parse(std::string_view payload)
    {
        std::size_t const end = payload.find('\0');
        if (end == payload.npos || !payload.ends_with('\0') || end + 1 == payload.size())
            return Failure{Errc::protocol};
        std::string_view names = payload.substr(end + 1);
        bool const is_last = names.size() == 1 || names[names.size() - 2] == '\0';
        if (is_last)
            names.remove_suffix(1);
        return DirectoryPart{payload.substr(0, end), names, is_last};
    }
};

} // namespace lodger::store
