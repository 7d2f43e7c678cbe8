#include "dbot/formats/torch/zip_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/formats/safetensors/safetensors_json.h"
#include "dbot/formats/torch/pickle_input.h"

namespace dbot::formats {

/// Where the directory's entries are and how many.
struct DirectoryPlace {
  std::uint64_t begin = 0, size = 0, entries = 0;
  std::size_t end = 0;  // of the part of the file that entries may lie in
};

namespace {

constexpr std::uint32_t kLocalMark = 0x04034b50, kEntryMark = 0x02014b50, kEndMark = 0x06054b50,
                        kEnd64Mark = 0x06064b50, kLocator64Mark = 0x07064b50;
constexpr std::size_t kEndSize = 22, kLocatorSize = 20, kLocalSize = 30, kEntrySize = 46;
constexpr std::size_t kLongestComment = 0xFFFF;
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;  // the true value stands in the 64-bit part
constexpr unsigned kEncrypted = 1, kSizes64 = 1;

using Bytes = std::span<const std::byte>;

[[noreturn]] void corrupt(std::string what) {
  throw DataError({.fault = Fault::corrupt, .reason = std::move(what)});
}

std::size_t find_end(Bytes bytes) {
  if (bytes.size() < kEndSize) {
    throw DataError({.fault = Fault::truncated, .reason = "it is too short for a zip file"});
  }
  const std::size_t last = bytes.size() - kEndSize;
  const std::size_t first = last - std::min(last, kLongestComment);
  for (std::size_t at = last + 1; at-- > first;) {
    PickleInput input(bytes.subspan(at));
    if (input.number(4) != kEndMark) continue;
    input.take(16);
    if (input.number(2) == bytes.size() - at - kEndSize) return at;
  }
  throw DataError(
      {.fault = Fault::truncated, .reason = "it has no end of a zip directory: it was cut short"});
}

DirectoryPlace read_end(Bytes bytes) {
  const std::size_t end = find_end(bytes);
  PickleInput input(bytes.subspan(end));
  input.take(10);
  DirectoryPlace place;
  place.entries = input.number(2);
  place.size = input.number(4);
  place.begin = input.number(4);
  place.end = end;
  const bool wants64 = place.entries == 0xFFFF || place.size == kIn64 || place.begin == kIn64;
  if (!wants64 || end < kLocatorSize) return place;
  PickleInput locator(bytes.subspan(end - kLocatorSize));
  if (locator.number(4) != kLocator64Mark) return place;
  locator.take(4);
  const std::uint64_t at = locator.number(8);
  if (at > end - kLocatorSize) corrupt("its 64-bit zip directory lies outside the file");
  PickleInput end64(bytes.subspan(at));
  if (end64.number(4) != kEnd64Mark) corrupt("its 64-bit zip directory is not where it says");
  end64.take(28);
  place.entries = end64.number(8);
  place.size = end64.number(8);
  place.begin = end64.number(8);
  place.end = at;
  return place;
}

}  // namespace

/// Reads the entries one after the other.
class ZipDirectory {
 public:
  explicit ZipDirectory(Bytes bytes) : bytes_(bytes), place_(read_end(bytes)) {
    if (place_.begin > place_.end || place_.size > place_.end - place_.begin) {
      corrupt("its zip directory lies outside the file");
    }
    if (place_.entries > place_.size / kEntrySize) {
      corrupt(fmt::format("its zip directory announces {} entries in {} bytes", place_.entries,
                          place_.size));
    }
  }

  ZipFile read() {
    ZipFile file;
    file.bytes_ = bytes_;
    PickleInput input(bytes_.subspan(place_.begin, place_.size));
    for (std::uint64_t i = 0; i < place_.entries; ++i) {
      auto [name, entry] = read_entry(input);
      if (!file.entries_.emplace(name, entry).second) {
        corrupt(fmt::format("it has the entry {} twice", printable(name)));
      }
    }
    check_overlap();
    return file;
  }

 private:
  std::pair<std::string, ZipFile::Entry> read_entry(PickleInput& input) {
    if (input.number(4) != kEntryMark) corrupt("its zip directory is damaged");
    ZipFile::Entry entry;
    input.take(4);
    entry.flags = static_cast<unsigned>(input.number(2));
    entry.method = static_cast<unsigned>(input.number(2));
    input.take(4);
    entry.checksum = static_cast<std::uint32_t>(input.number(4));
    std::uint64_t packed = input.number(4), size = input.number(4);
    const std::uint64_t name_length = input.number(2), extra_length = input.number(2);
    const std::uint64_t comment_length = input.number(2);
    input.take(8);
    std::uint64_t header = input.number(4);
    const std::string name(input.take(name_length));
    const std::string_view extra = input.take(extra_length);
    input.take(comment_length);
    take_sizes64(extra, {&size, &packed, &header});
    entry.begin = data_begin(name, header);
    if (packed > place_.begin || entry.begin > place_.begin - packed) {
      corrupt(fmt::format("the entry {} of {} bytes does not fit into the file", printable(name),
                          packed));
    }
    if (entry.method == 0 && packed != size) {
      corrupt(fmt::format("the entry {} is stored in {} bytes, expected {}", printable(name),
                          packed, size));
    }
    entry.size = packed;
    extents_.emplace_back(header, entry.begin + entry.size);
    return {name, entry};
  }

  /// Replaces those of the sizes that say "see the 64-bit part", in the order of that part.
  static void take_sizes64(std::string_view extra, const std::vector<std::uint64_t*>& sizes) {
    PickleInput input(std::as_bytes(std::span(extra)));
    while (input.left() >= 4) {
      const std::uint64_t kind = input.number(2), length = input.number(2);
      const std::string_view part = input.take(length);
      if (kind != kSizes64) continue;
      PickleInput numbers(std::as_bytes(std::span(part)));
      for (std::uint64_t* size : sizes) {
        if (*size == kIn64) *size = numbers.number(8);
      }
      return;
    }
  }

  /// Past the local header, which repeats the name.
  std::size_t data_begin(const std::string& name, std::uint64_t header) const {
    if (header > place_.begin) {
      corrupt(fmt::format("the entry {} lies outside the file", printable(name)));
    }
    PickleInput input(bytes_.subspan(header, place_.begin - header));
    if (input.number(4) != kLocalMark) {
      corrupt(fmt::format("the entry {} is not where it should be", printable(name)));
    }
    input.take(kLocalSize - 8);
    const std::uint64_t name_length = input.number(2), extra_length = input.number(2);
    if (input.take(name_length) != name) {
      corrupt(fmt::format("the entry {} has another name in its place", printable(name)));
    }
    input.take(extra_length);
    return header + input.position();
  }

  void check_overlap() {
    std::ranges::sort(extents_);
    for (std::size_t i = 1; i < extents_.size(); ++i) {
      if (extents_[i].first < extents_[i - 1].second) {
        corrupt("two entries of the zip file overlap");
      }
    }
  }

  Bytes bytes_;
  DirectoryPlace place_;
  std::vector<std::pair<std::size_t, std::size_t>> extents_;
};

ZipFile ZipFile::read(Bytes bytes) {
  return ZipDirectory(bytes).read();
}

std::vector<std::string_view> ZipFile::names() const {
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

ZipContent ZipFile::content(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    throw DataError(
        {.fault = Fault::missing, .reason = fmt::format("it has no {}", printable(name))});
  }
  const Entry& entry = found->second;
  if ((entry.flags & kEncrypted) != 0) {
    throw DataError(
        {.subject = printable(name), .fault = Fault::unsupported, .reason = "is encrypted"});
  }
  if (entry.method != 0) {
    throw DataError({.subject = printable(name),
                     .fault = Fault::unsupported,
                     .reason = "is compressed, which torch.save never does",
                     .way_out = "save it again"});
  }
  return {bytes_.subspan(entry.begin, entry.size), entry.checksum};
}

void check_content(const ZipContent& content, std::string_view name) {
  // torch.serialization.set_crc32_options(False) leaves the checksum out.
  if (content.checksum == 0) return;
  const auto* data = reinterpret_cast<const Bytef*>(content.bytes.data());
  const uLong sum = ::crc32_z(0, data, content.bytes.size());
  if (sum != content.checksum) {
    throw DataError({.subject = printable(name),
                     .fault = Fault::corrupt,
                     .reason = fmt::format("is damaged: its checksum is {:08x}, expected {:08x}",
                                           sum, content.checksum)});
  }
}

}  // namespace dbot::formats
