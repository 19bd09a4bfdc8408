#pragma once

#include <lodger/posix/file.hpp>

namespace lodger::posix {

/// The guest's console: `/dev/console`, and the standard streams. What is typed is one input for
/// all of them, read by lines.
class ConsoleFile final : public File {
public:
    using File::File;

    Result<std::size_t> read(std::uint64_t, std::span<std::byte> to) override;
    Result<std::size_t> write(std::uint64_t, std::span<std::byte const> from) override;
    Result<> describe(struct stat& status) const override
    {
        status.st_mode = S_IFCHR | 0600;
        return {};
    }
    bool is_stream() const override { return true; }
    bool is_terminal() const override { return true; }
    short ready() override;
    Result<> wait_ready(short events, Deadline deadline) override;
    void unused() override;
};

/// The standard streams' file, which is there without being opened.
extern constinit ConsoleFile standard_stream;

} // namespace lodger::posix
