#pragma once

#include <optional>
#include <string>

namespace examples {

/// Reads a text that a disk begins with, up to the first byte 0 or the disk's end; or the whole RAM
/// disk that the guest was given, by the name `ramdisk`.
/// @return nothing if it could not be read, which was said
std::optional<std::string> read_script(std::string const& from);

} // namespace examples
