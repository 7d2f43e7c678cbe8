// The file: a line that names the version, the checksum of the rest, then the root and every
// folder. Numbers have 8 bytes, little-endian; texts stand behind their length.
#include "dbot/data/sources/folder/folder_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/index_folder.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kVersionLine = "dbot folder index 2\n";
constexpr std::size_t kChecksumDigits = 32;

std::string checksum_of(std::string_view text) {
  return core::checksum(std::as_bytes(std::span(text)));
}

template <typename Number>
void put(std::string& bytes, Number number) {
  static_assert(sizeof(Number) == 8);
  char raw[sizeof(Number)];
  std::memcpy(raw, &number, sizeof(Number));
  bytes.append(raw, sizeof(Number));
}

void put_text(std::string& bytes, std::string_view text) {
  put(bytes, std::uint64_t{text.size()});
  bytes += text;
}

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  template <typename Number>
  Number number() {
    static_assert(sizeof(Number) == 8);
    Number value;
    std::memcpy(&value, take(sizeof(Number)).data(), sizeof(Number));
    return value;
  }
  std::string_view text() { return take(number<std::uint64_t>()); }
  core::TextList names() {
    auto names = parse_names(text());
    if (!names) {
      throw DataError(
          {.operation = "index", .fault = Fault::corrupt, .reason = "a name is not as expected"});
    }
    return std::move(*names);
  }
  bool ended() const { return bytes_.empty(); }

 private:
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size()) {
      throw DataError(
          {.operation = "index", .fault = Fault::truncated, .reason = "ends too early"});
    }
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
};

std::string canonical_text(const fs::path& root) {
  std::error_code error;
  const auto canonical = fs::canonical(root, error);
  return (error ? root : canonical).string();
}

}  // namespace

fs::path default_index_folder() {
  return data::index_folder("index");
}

fs::path index_file(const fs::path& index_folder, const fs::path& root) {
  return index_folder / checksum_of(canonical_text(root));
}

FolderListings read_index(const fs::path& file, const fs::path& root) {
  try {
    if (!fs::is_regular_file(file)) return {};
    const std::string content = core::read_text_file(file);
    std::string_view rest = content;
    if (!rest.starts_with(kVersionLine)) return {};
    rest.remove_prefix(kVersionLine.size());
    const auto stored = rest.substr(0, kChecksumDigits);
    rest.remove_prefix(stored.size());
    if (checksum_of(rest) != stored) return {};
    return unpack_listings(rest, canonical_text(root));
  } catch (const std::exception&) {
    return {};  // whatever is wrong with it: the folders themselves are there
  }
}

void write_index(const fs::path& file, const fs::path& root, const FolderListings& listings) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) {
    throw Error(
        fmt::format("[index] cannot create {}: {}", file.parent_path().string(), error.message()));
  }
  const std::string packed = pack_listings(canonical_text(root), listings);
  const std::string head = std::string(kVersionLine) + checksum_of(packed);
  core::write_file_atomically(file, [&](const core::WriteBytes& write) {
    write(std::as_bytes(std::span(head)));
    write(std::as_bytes(std::span(packed)));
  });
}

std::string pack_listings(std::string_view root, const FolderListings& listings) {
  std::string bytes;
  put_text(bytes, root);
  for (const auto& [path, listing] : listings) {
    put_text(bytes, path);
    put(bytes, listing->stamp.inode);
    put(bytes, listing->stamp.modified);
    put(bytes, listing->stamp.changed);
    for (const auto* names : {&listing->files, &listing->folders, &listing->links}) {
      put_text(bytes, name_bytes(*names));
    }
    put(bytes, listing->other_files);
    put_text(bytes, listing->first_other);
    put(bytes, std::uint64_t{listing->own_output});
    for (const std::int64_t count : listing->unread.of_kind) put(bytes, count);
  }
  return bytes;
}

FolderListings unpack_listings(std::string_view bytes, std::string_view root) {
  Unpacker unpacker(bytes);
  if (unpacker.text() != root) {
    throw DataError(
        {.operation = "index", .fault = Fault::mismatch, .reason = "is of another folder"});
  }
  FolderListings listings;
  while (!unpacker.ended()) {
    std::string path(unpacker.text());
    auto listing = std::make_shared<FolderListing>();
    listing->stamp.inode = unpacker.number<std::uint64_t>();
    listing->stamp.modified = unpacker.number<std::int64_t>();
    listing->stamp.changed = unpacker.number<std::int64_t>();
    listing->files = unpacker.names();
    listing->folders = unpacker.names();
    listing->links = unpacker.names();
    listing->other_files = unpacker.number<std::int64_t>();
    listing->first_other = unpacker.text();
    listing->own_output = unpacker.number<std::uint64_t>() != 0;
    for (std::int64_t& count : listing->unread.of_kind) count = unpacker.number<std::int64_t>();
    if (listing->other_files < 0 || (listing->other_files == 0) != listing->first_other.empty() ||
        std::ranges::any_of(listing->unread.of_kind,
                            [](std::int64_t count) { return count < 0; })) {
      throw DataError({.operation = "index",
                       .fault = Fault::corrupt,
                       .reason = "has an impossible number of files"});
    }
    listings[std::move(path)] = std::move(listing);
  }
  return listings;
}

}  // namespace dbot::data
