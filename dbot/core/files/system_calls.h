#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>

#include "dbot/core/files/file_descriptor.h"

// System calls with their errors turned into dbot::Error that names operation, path and reason.
namespace dbot::core {

/// "[files] cannot OPERATION PATH: REASON", with the reason taken from errno.
[[noreturn]] void throw_system_error(const char* operation, const std::filesystem::path& path);

FileDescriptor open_for_reading(const std::filesystem::path& path);
/// `flags` of open(2) beside O_WRONLY and O_CLOEXEC; new files follow the user's mask.
FileDescriptor open_for_writing(const std::filesystem::path& path, int flags);

/// Reads at most `buffer.size()` bytes; 0 at the end of the file.
std::size_t read_some(int descriptor, std::span<std::byte> buffer,
                      const std::filesystem::path& path);

/// Writes everything, however many calls that takes.
void write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path);

/// Makes what was written durable; nothing where there is nothing to make durable (a pipe, a file
/// system without folders to sync).
void sync(int descriptor, const std::filesystem::path& path);

/// `call` again and again while a signal interrupts it; what it returned then.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace dbot::core
