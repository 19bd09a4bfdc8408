#pragma once

#include <lodger/ext4/medium.hpp>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace lodger::test {

/// What a program prints. @param status what it ends with
inline std::string output_of(std::string const& command, int* status = nullptr)
{
    std::string output;
    FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    std::array<char, 4096> part;
    while (std::size_t const count = std::fread(part.data(), 1, part.size(), pipe))
        output.append(part.data(), count);
    int const ended = pclose(pipe);
    if (status)
        *status = WEXITSTATUS(ended);
    return output;
}

/// A file with a file system that e2fsprogs made, as a medium. Whole sectors are all it takes.
class Ext4Image final : public ext4::Medium {
public:
    /// @param options of mke2fs
    explicit Ext4Image(
        std::string const& options, std::uint64_t size = 16 << 20, std::size_t sector = 512)
        : size_{size},
          sector_{sector}
    {
        std::string path = "/tmp/lodger-ext4.XXXXXX";
        file_ = mkstemp(path.data());
        path_ = path;
        REQUIRE(file_ >= 0);
        REQUIRE(ftruncate(file_, static_cast<off_t>(size)) == 0);
        if (!options.empty())
            run("/sbin/mke2fs -q -F -E root_owner=0:0 " + options + " " + path_);
    }
    Ext4Image(Ext4Image const&) = delete;
    ~Ext4Image()
    {
        close(file_);
        unlink(path_.c_str());
    }

    std::string const& path() const { return path_; }

    void run(std::string const& command) const
    {
        int status = 0;
        std::string const said = output_of(command, &status);
        INFO(command << ": " << said);
        REQUIRE(status == 0);
    }

    /// Commands of debugfs, which may write.
    std::string debugfs(std::string const& request) const
    {
        return output_of("/sbin/debugfs -w -R '" + request + "' " + path_);
    }

    /// What e2fsck finds wrong; empty if nothing.
    std::string faults() const
    {
        int status = 0;
        std::string const said = output_of("/sbin/e2fsck -fn " + path_, &status);
        return status == 0 ? "" : said;
    }

    std::string contents() const
    {
        std::string all(size_, '\0');
        REQUIRE(pread(file_, all.data(), size_, 0) == static_cast<ssize_t>(size_));
        return all;
    }
    void set_contents(std::string const& all)
    {
        REQUIRE(pwrite(file_, all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()));
    }

    ext4::Geometry geometry() const override { return {size_, sector_, is_read_only}; }

    Result<> read(std::uint64_t offset, std::span<ext4::Piece const> to) override
    {
        for (ext4::Piece const piece : to) {
            check(offset, piece.size());
            if (bad_read && *bad_read >= offset && *bad_read < offset + piece.size())
                return Failure{Errc::io};
            REQUIRE(pread(file_, piece.data(), piece.size(), static_cast<off_t>(offset)) >= 0);
            offset += piece.size();
        }
        return {};
    }

    Result<> write(std::uint64_t offset, std::span<ext4::ConstPiece const> from) override
    {
        REQUIRE_FALSE(is_read_only);
        if (writes_left == 0)
            return Failure{failure};
        --writes_left;
        for (ext4::ConstPiece const piece : from) {
            check(offset, piece.size());
            REQUIRE(pwrite(file_, piece.data(), piece.size(), static_cast<off_t>(offset)) >= 0);
            offset += piece.size();
        }
        ++writes;
        return {};
    }

    Result<> flush() override
    {
        ++flushes;
        return can_flush ? Result<>{} : Failure{Errc::unsupported};
    }

    bool is_read_only = false;
    bool can_flush = true;
    std::size_t writes = 0;
    std::size_t flushes = 0;
    std::size_t writes_left = std::numeric_limits<std::size_t>::max(); ///< then they fail
    Errc failure = Errc::io;                                           ///< with this
    std::optional<std::uint64_t> bad_read;                             ///< reading this byte fails

private:
    void check(std::uint64_t offset, std::size_t size) const
    {
        REQUIRE(offset % sector_ == 0);
        REQUIRE(size % sector_ == 0);
        REQUIRE(offset + size <= size_);
    }

    std::uint64_t const size_;
    std::size_t const sector_;
    std::string path_;
    int file_ = -1;
};

} // namespace lodger::test
