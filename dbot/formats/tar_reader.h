#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

// Tar archives: ustar and pax (POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header"),
// and GNU tar's long names and binary numbers.
namespace dbot::formats {

/// A regular file in an archive, and where its bytes lie.
struct TarMember {
  std::string name;
  std::uint64_t offset = 0, size = 0;
  std::int64_t archive = 0;  // of those that lie one behind the other, from 0 on
};

/// Reads up to `bytes.size()` bytes at `offset` and returns how many there were; may throw.
using ReadAt = std::function<std::size_t(std::uint64_t offset, std::span<std::byte> bytes)>;

/// Walks through an archive from header to header; contents are passed over. Every member it gives
/// lies inside the archive. Behind the mark that ends an archive another may follow: it is read on.
class TarReader {
 public:
  /// `size` is that of the archive, bytes.
  TarReader(ReadAt read, std::uint64_t size) : read_(std::move(read)), size_(size) {}

  /// The next regular file; none at the end. Throws DataError (without a path) for a header that is
  /// not sound, an archive that is cut short, and members that are sparse or in several volumes.
  std::optional<TarMember> next();

  /// Whether the end was told by the mark for it. Without one, the archive may have been cut short
  /// between two members.
  bool ended_by_mark() const { return ended_by_mark_; }
  /// Archives so far that lie one behind the other, as `cat a.tar b.tar` makes them.
  std::int64_t archives() const { return archives_; }
  /// Bytes behind the end mark that are neither zeros nor an archive.
  std::uint64_t unread_bytes() const { return unread_bytes_; }
  /// Links that were passed over: they have no content of their own.
  std::int64_t links() const { return links_; }

 private:
  static constexpr std::size_t kBlock = 512;
  using TarBlock = std::array<std::byte, kBlock>;

  bool read_header(TarBlock& header);
  bool find_next_archive();
  std::uint64_t content_size(const TarBlock& header, const std::string& name) const;
  bool describes_next(const TarBlock& header, std::uint64_t size);
  std::string content(std::uint64_t size);
  void read_exactly(std::uint64_t offset, std::span<std::byte> bytes, const std::string& what);
  void apply_pax(const std::string& records);

  ReadAt read_;
  std::uint64_t size_ = 0, position_ = 0;
  bool ended_by_mark_ = false;
  std::int64_t links_ = 0, archives_ = 1;
  std::uint64_t unread_bytes_ = 0;
  std::string last_name_;
  // What a header before that of a member says of it.
  std::string next_name_;
  std::optional<std::uint64_t> next_size_;
};

}  // namespace dbot::formats
