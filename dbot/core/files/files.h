#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Files that survive a crash. Every function throws dbot::Error with the path, the operation and
// the system's reason.
namespace dbot::core {

std::string read_text_file(const std::filesystem::path& path);

/// Replaces `path` in one step: writes a temporary file beside it, fsyncs it, renames it, fsyncs
/// the folder. A reader sees the old content or the new, never a part.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);
void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::span<const std::byte>> parts);

/// Takes the next bytes of a file; they may be gone when it returns.
using WriteBytes = std::function<void(std::span<const std::byte>)>;
/// The same for content that is never in memory all at once: `produce` hands it over in pieces.
/// What `produce` throws leaves the old content.
void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(const WriteBytes&)>& produce);

/// Writes and fsyncs; for files inside a folder that is itself renamed into place later.
void write_file_synced(const std::filesystem::path& path, std::string_view content);
void write_file_synced(const std::filesystem::path& path,
                       std::span<const std::span<const std::byte>> parts);

/// Makes earlier renames and creations in the folder durable.
void sync_directory(const std::filesystem::path& path);

/// Replaces the symbolic link `link` by one that points to `target`, in one step.
void replace_symlink(const std::filesystem::path& link, const std::filesystem::path& target);

/// XXH3 128.
struct Digest {
  std::uint64_t high = 0, low = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): the comparison it sees is the compiler's own
  auto operator<=>(const Digest&) const = default;
};
Digest digest(std::span<const std::byte> bytes);

/// XXH3 128 of a file or of bytes, as 32 hexadecimal digits.
std::string checksum_of_file(const std::filesystem::path& path);
std::string checksum(std::span<const std::byte> bytes);

/// An exclusive advisory lock on a file, released when the object or its process dies, so a lock of
/// a dead process never has to be removed by hand.
class FileLock {
 public:
  /// Empty if another living process holds the lock; `holder()` of the file then names it.
  static std::optional<FileLock> try_acquire(const std::filesystem::path& path);
  /// What the holder wrote about itself ("process 1234"); empty if nothing.
  static std::string holder(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace dbot::core
