#include "dbot/core/files/system_calls.h"

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
  FileDescriptor file(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!file.valid()) throw_system_error("open", path);
  return file;
}

FileDescriptor open_for_writing(const std::filesystem::path& path, int flags) {
  FileDescriptor file(
      uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666); }));
  if (!file.valid()) throw_system_error((flags & O_CREAT) != 0 ? "create" : "open", path);
  return file;
}

std::size_t read_some(int descriptor, std::span<std::byte> buffer,
                      const std::filesystem::path& path) {
  const ssize_t count =
      uninterrupted([&] { return ::read(descriptor, buffer.data(), buffer.size()); });
  if (count < 0) throw_system_error("read", path);
  return static_cast<std::size_t>(count);
}

void write_all(int descriptor, std::span<const std::byte> bytes,
               const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count =
        uninterrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (count == 0) errno = EIO;  // nothing was written, and no reason given
    if (count <= 0) throw_system_error("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void sync(int descriptor, const std::filesystem::path& path) {
  const int result = uninterrupted([&] { return ::fsync(descriptor); });
  if (result != 0 && errno != EINVAL) throw_system_error("sync", path);
}

}  // namespace dbot::core
