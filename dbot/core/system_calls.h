#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "dbot/core/file_descriptor.h"

// System calls with their errors turned into dbot::Error that names operation, path and reason.
namespace dbot::core {

/// "[files] cannot OPERATION PATH: REASON", with the reason taken from errno.
[[noreturn]] void throw_system_error(const char* operation, const std::filesystem::path& path);

FileDescriptor open_for_reading(const std::filesystem::path& path);

/// Reads at most `buffer.size()` bytes; 0 at the end of the file.
std::size_t read_some(int descriptor, std::span<std::byte> buffer,
                      const std::filesystem::path& path);

/// Writes everything, however many calls that takes.
void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path);

}  // namespace dbot::core
