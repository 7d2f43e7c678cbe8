#include "dbot/core/system_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "dbot/core/error.h"

namespace dbot::core {

void throw_system_error(const char* operation, const std::filesystem::path& path) {
  const std::string reason = std::system_category().message(errno);
  throw Error(fmt::format("[files] cannot {} {}: {}", operation, path.string(), reason));
}

FileDescriptor open_for_reading(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) throw_system_error("open", path);
  return file;
}

std::size_t read_some(int descriptor, std::span<std::byte> buffer,
                      const std::filesystem::path& path) {
  while (true) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw_system_error("read", path);
  }
}

void write_all(int descriptor, std::span<const std::byte> bytes,
               const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw_system_error("write", path);
    }
  }
}

}  // namespace dbot::core
