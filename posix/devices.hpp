#pragma once

#include <lodger/posix/file.hpp>

#include <string_view>

namespace lodger::posix {

inline constexpr std::string_view devices = "/dev/";

/// Opens what is below `/dev/`, where nothing is ever created: O_CREAT opens what is there, and
/// fails with O_EXCL.
/// @param name what follows `/dev/`
Result<File*> open_device(std::string_view name, int flags);

/// How files are found by their paths once something is mounted (posix/mounts.cpp). Null until
/// then, when there are only devices, and an image that mounts nothing has nothing of this.
struct ByPath {
    Result<File*> (*open)(std::string_view path, int flags, mode_t mode);
    Result<> (*status)(std::string_view path, bool follow, struct stat& status);
};
extern constinit ByPath const* by_path;

} // namespace lodger::posix
