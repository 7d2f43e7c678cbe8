#include "dbot/data/sources/file_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "dbot/data/data_error.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      // A pipe that is named like an image must not make us wait for its writer.
      : value_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

[[noreturn]] void fail(const std::string& path, std::string_view action) {
  throw data_error(path, Fault::unreadable, fmt::format("{}: {}", action, std::strerror(errno)));
}

}  // namespace

void read_file_bytes(const std::string& path, std::vector<std::uint8_t>& bytes) {
  const Descriptor file(path);
  if (file.value() < 0) fail(path, "cannot be opened");
  struct stat status {};
  if (::fstat(file.value(), &status) != 0) fail(path, "cannot be examined");
  if (!S_ISREG(status.st_mode)) {
    throw data_error(path, Fault::unreadable, "is not a regular file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  room(bytes, size);
  bytes.resize(size);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const auto count = ::read(file.value(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "cannot be read");
    if (count == 0) break;  // shortened by somebody while we read
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  if (bytes.empty()) throw data_error(path, Fault::empty, "is empty");
}

}  // namespace dbot::data
