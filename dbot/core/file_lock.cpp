#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "dbot/core/files.h"
#include "dbot/core/system_calls.h"

namespace dbot::core {
namespace {

constexpr std::string_view line_end = "\n";

}  // namespace

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file.valid()) throw_system_error("create the lock", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    throw_system_error("lock", path);
  }
  // What stands there is left from a holder that died.
  if (::ftruncate(file.get(), 0) != 0) throw_system_error("empty the lock", path);
  const std::string text = fmt::format("process {}{}", ::getpid(), line_end);
  write_all(file.get(), std::as_bytes(std::span(text)), path);
  return FileLock(file.release());
}

std::string FileLock::holder(const std::filesystem::path& path) {
  std::string text = read_text_file(path);
  return text.substr(0, text.find(line_end));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  // The file itself stays: removing it would let two processes lock two files of one name.
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace dbot::core
