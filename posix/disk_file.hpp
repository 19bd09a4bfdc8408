#pragma once

#include <lodger/posix/any_range.hpp>
#include <lodger/posix/file.hpp>
#include <lodger/runtime/services.hpp>

namespace lodger::posix {

/// A disk that programs have open, once however many do; connected at the first `open`, closed
/// after the last `close`.
struct OpenDisk {
    explicit OpenDisk(Store& store, std::uint32_t name)
        : number{name},
          device{store, runtime::grants()},
          turns{runtime::guest()}
    {
    }

    std::uint32_t const number; ///< as XenStore has it
    BlockDevice device;
    Turns<Guest> turns;
    unsigned users = 0;
    OpenDisk* next = nullptr;
};

/// A disk as a file of bytes, at any offset and of any length. There is no cache: a write has
/// reached the backend when it returns. With O_DIRECT offset and length must be multiples of the
/// sector size, with O_SYNC each write is made durable.
class DiskFile final : public File {
public:
    /// @param number `blkfront::number_of` its name
    /// @return `not_found` if there is no such disk, `read_only` if it cannot be written as wished
    static Result<File*> open(std::uint32_t number, int how);

    Result<std::size_t> read(std::uint64_t at, std::span<std::byte> to) override;
    Result<std::size_t> write(std::uint64_t at, std::span<std::byte const> from) override;
    Result<std::uint64_t> size() const override { return info().size; }
    Result<> sync() override;
    Result<> control(unsigned long request, void* argument) override;
    Result<> describe(struct stat& status) const override;
    void unused() override;

private:
    DiskFile(OpenDisk& disk, int how) : File{how}, disk_{disk} {}

    /// It was connected once, and from then on there is one.
    blkfront::Disk const& info() const { return *disk_.device.disk(); }
    Result<> check_direct(std::uint64_t at, std::size_t size) const;

    OpenDisk& disk_;
};

} // namespace lodger::posix
