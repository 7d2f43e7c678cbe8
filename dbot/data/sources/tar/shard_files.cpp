#include "dbot/data/sources/tar/shard_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "dbot/core/files/system_calls.h"
#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

constexpr std::size_t kMostOpen = 128;

[[noreturn]] void fail_on_shard(const std::filesystem::path& path, std::string_view what) {
  throw data_error(path.string(), Fault::unreadable, what);
}

core::FileDescriptor open_shard(const std::filesystem::path& path) {
  // Without O_NONBLOCK a pipe would wait for its writer.
  core::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) fail_on_shard(path, fmt::format("cannot be opened: {}", std::strerror(errno)));
  return file;
}

}  // namespace

ShardFiles::ShardFiles(std::vector<std::filesystem::path> paths) {
  for (auto& path : paths) {
    core::FileDescriptor file = open_shard(path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      fail_on_shard(path, "is not a regular file");
    }
    File entry{std::move(path), static_cast<std::uint64_t>(status.st_size), {}};
    if (files_.size() < kMostOpen) entry.open = std::move(file);
    files_.push_back(std::move(entry));
  }
}

void ShardFiles::read(std::size_t shard, std::uint64_t offset,
                      std::span<std::uint8_t> bytes) const {
  const File& file = files_.at(shard);
  core::FileDescriptor own;
  if (!file.open.valid()) own = open_shard(file.path);
  const int descriptor = file.open.valid() ? file.open.get() : own.get();
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const auto count = core::uninterrupted([&] {
      return ::pread(descriptor, bytes.data() + filled, bytes.size() - filled,
                     static_cast<off_t>(offset + filled));
    });
    if (count < 0) {
      fail_on_shard(file.path, fmt::format("cannot be read: {}", std::strerror(errno)));
    }
    if (count == 0) fail_on_shard(file.path, "became shorter since it was indexed");
    filled += static_cast<std::size_t>(count);
  }
}

}  // namespace dbot::data
