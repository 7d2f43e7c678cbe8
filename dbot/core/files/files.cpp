#include "dbot/core/files/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/file_descriptor.h"
#include "dbot/core/files/system_calls.h"

namespace dbot::core {
namespace {

namespace fs = std::filesystem;
using Parts = std::span<const std::span<const std::byte>>;

// Pipes and devices have no size to check beforehand, and some never end.
constexpr std::size_t kEndlessLimit = std::size_t{64} << 20;

// A large file goes to the disk as it grows: the last sync is short, and progress is true.
constexpr std::size_t kMostUnsynced = std::size_t{64} << 20;

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void sync_and_close(FileDescriptor file, const fs::path& path) {
  sync(file.get(), path);
  // Some file systems report a failed write only here. After EINTR, Linux has closed the file.
  if (::close(file.release()) != 0 && errno != EINTR) throw_system_error("close", path);
}

/// Calls `create` with fresh names in the folder of `path` until one does not exist yet. The names
/// are short, so that any legal `path` has room for them.
template <typename Create>
fs::path create_beside(const fs::path& path, Create create) {
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fs::path candidate = folder_of(path) / fmt::format(".dbot-{}-{}.tmp", ::getpid(), attempt);
    if (create(candidate) >= 0) return candidate;
    if (errno != EEXIST) throw_system_error("create a temporary file for", path);
  }
  throw Error(
      fmt::format("[files] cannot write {}: {} temporary files (.dbot-*.tmp) are beside it; "
                  "remove them",
                  path.string(), kAttempts));
}

/// Removes a temporary file unless it was renamed into place.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  void rename_to(const fs::path& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) throw_system_error("replace", path);
    renamed_ = true;  // from here on the name may be another thread's
    sync_directory(folder_of(path));
  }

 private:
  fs::path path_;
  bool renamed_ = false;
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

std::string read_text_file(const fs::path& path) {
  const FileDescriptor file = open_for_reading(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_system_error("inspect", path);
  const bool regular = S_ISREG(status.st_mode);

  std::string text;
  if (regular) text.reserve(static_cast<std::size_t>(status.st_size));
  std::array<std::byte, 65536> buffer;
  while (const std::size_t count = read_some(file.get(), buffer, path)) {
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
    if (!regular && text.size() > kEndlessLimit) {
      throw Error(
          fmt::format("[files] {} gave more than {} MiB and is not a regular file; copy "
                      "what is needed to a file",
                      path.string(), kEndlessLimit >> 20));
    }
  }
  return text;
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  const std::array parts{bytes_of(content)};
  write_file_atomically(path, Parts(parts));
}

void write_file_atomically(const fs::path& path, Parts parts) {
  write_file_atomically(path, [parts](const WriteBytes& write) {
    for (const auto part : parts) write(part);
  });
}

void write_file_atomically(const fs::path& path,
                           const std::function<void(const WriteBytes&)>& produce) {
  FileDescriptor file;
  Temporary temporary(create_beside(path, [&](const fs::path& candidate) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    file = FileDescriptor(uninterrupted([&] { return ::open(candidate.c_str(), flags, 0666); }));
    return file.get();
  }));
  std::size_t unsynced = 0;
  produce([&](std::span<const std::byte> bytes) {
    write_all(file.get(), bytes, path);
    unsynced += bytes.size();
    if (unsynced < kMostUnsynced) return;
    sync(file.get(), path);
    unsynced = 0;
  });
  sync_and_close(std::move(file), path);
  temporary.rename_to(path);
}

void write_file_synced(const fs::path& path, std::string_view content) {
  const std::array parts{bytes_of(content)};
  write_file_synced(path, Parts(parts));
}

void write_file_synced(const fs::path& path, Parts parts) {
  FileDescriptor file = open_for_writing(path, O_CREAT | O_TRUNC);
  for (const auto part : parts) write_all(file.get(), part, path);
  sync_and_close(std::move(file), path);
}

void sync_directory(const fs::path& path) {
  const FileDescriptor folder(
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!folder.valid()) throw_system_error("open the folder", path);
  sync(folder.get(), path);
}

void replace_symlink(const fs::path& link, const fs::path& target) {
  Temporary temporary(create_beside(link, [&](const fs::path& candidate) {
    return ::symlink(target.c_str(), candidate.c_str());
  }));
  temporary.rename_to(link);
}

}  // namespace dbot::core
