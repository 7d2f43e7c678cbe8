#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/files/system_calls.h"

namespace dbot::core {
namespace {

constexpr std::string_view kLineEnd = "\n";

[[noreturn]] void throw_no_locks(const std::filesystem::path& path) {
  const std::string reason = std::system_category().message(errno);
  throw Error(fmt::format(
      "[lock] the file system of {} keeps no locks ({}), and without one two processes could write "
      "there at once; choose a folder on a local disk, or mount this one with locks",
      path.string(), reason));
}

/// Replaces what an earlier holder wrote. The system keeps the lock and the text is for people, so
/// a full disk without room for it is no failure.
void introduce_holder(int descriptor) {
  const std::string text = fmt::format("process {}{}", ::getpid(), kLineEnd);
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written =
      uninterrupted([&] { return ::write(descriptor, text.data(), text.size()); });
}

}  // namespace

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& path) {
  FileDescriptor file(
      uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666); }));
  if (!file.valid()) throw_system_error("create the lock", path);
  if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP) throw_no_locks(path);
    throw_system_error("lock", path);
  }
  introduce_holder(file.get());
  return FileLock(file.release());
}

std::string FileLock::holder(const std::filesystem::path& path) {
  std::string text = read_text_file(path);
  return text.substr(0, text.find(kLineEnd));
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
