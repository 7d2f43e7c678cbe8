#include "dbot/data/sources/pack/pack_index.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"

namespace dbot::data {
namespace {

constexpr std::string_view kPackMagic = "DBOTPACK";
constexpr std::uint32_t kPackVersion = 1;
constexpr std::size_t kChecksumDigits = 32;
constexpr std::size_t kHeaderBytes = 40, kShardBytes = 8 + kChecksumDigits, kImageBytes = 24;

std::string checksum_of(std::string_view bytes) {
  return core::checksum(std::as_bytes(std::span(bytes)));
}

/// Writes little-endian numbers.
class PackBytes {
 public:
  void number(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i));
  }
  void text(std::string_view text) { bytes_ += text; }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

/// Takes numbers and texts from the front; `take` has checked that they are there.
class PackInput {
 public:
  explicit PackInput(std::string_view rest) : rest_(rest) {}

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      throw DataError({.fault = Fault::truncated, .reason = "ends too early"});
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const auto digits = take(size);
    for (std::size_t i = 0; i < size; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(digits[i])} << (8 * i);
    }
    return value;
  }
  std::uint32_t number32() { return static_cast<std::uint32_t>(number(4)); }
  bool empty() const { return rest_.empty(); }
  /// Throws unless what is left can hold so many records.
  void require(std::uint64_t count, std::size_t bytes_each) const {
    if (count > rest_.size() / bytes_each) {
      throw DataError({.fault = Fault::truncated, .reason = "ends too early"});
    }
  }

 private:
  std::string_view rest_;
};

struct PackHeader {
  std::uint64_t shards = 0, images = 0, classes = 0;
};

PackHeader read_pack_header(PackInput& input) {
  if (input.take(kPackMagic.size()) != kPackMagic) {
    throw DataError({.fault = Fault::unsupported, .reason = "is no index of a pack"});
  }
  const auto version = input.number32();
  if (version != kPackVersion) {
    throw DataError({.fault = Fault::unsupported,
                     .reason = fmt::format("is of version {}, expected {}", version, kPackVersion),
                     .way_out = "pack the data again, or use a newer dbot"});
  }
  PackHeader header;
  header.shards = input.number32();
  header.images = input.number(8);
  header.classes = input.number(8);
  input.take(kHeaderBytes - kPackMagic.size() - 24);
  return header;
}

/// The place and the label of one image, checked; returns how long its name is.
std::uint32_t read_image(PackInput& input, const PackHeader& header, PackIndex& index) {
  ShardPlace place;
  place.offset = input.number(8);
  place.bytes = input.number32();
  place.shard = input.number32();
  const auto label = static_cast<std::int32_t>(input.number32());
  const bool inside = place.shard < index.shards.size() &&
                      place.offset <= index.shards[place.shard].bytes &&
                      place.bytes <= index.shards[place.shard].bytes - place.offset;
  const bool counts =
      label == -1 || (label >= 0 && static_cast<std::uint64_t>(label) < header.classes);
  if (!inside || !counts) {
    throw DataError(
        {.fault = Fault::corrupt,
         .reason = fmt::format("has image {} {}", index.places.size(),
                               inside ? "with a label of no class" : "outside its shard")});
  }
  index.places.push_back(place);
  index.labels.push_back(label);
  return input.number32();
}

}  // namespace

std::string pack_shard_name(std::size_t shard) {
  return fmt::format("shard-{:05}.images", shard);
}

std::string pack_index_bytes(const PackIndex& index) {
  PackBytes output;
  output.text(kPackMagic);
  output.number(kPackVersion, 4);
  output.number(index.shards.size(), 4);
  output.number(index.images(), 8);
  output.number(index.classes.size(), 8);
  output.number(0, 8);  // of no use yet
  for (const auto& shard : index.shards) {
    output.number(shard.bytes, 8);
    output.text(shard.checksum);
  }
  for (std::size_t i = 0; i < index.images(); ++i) {
    output.number(index.places[i].offset, 8);
    output.number(index.places[i].bytes, 4);
    output.number(index.places[i].shard, 4);
    output.number(static_cast<std::uint32_t>(index.labels[i]), 4);
    output.number(index.names[i].size(), 4);
  }
  for (const auto& name : index.classes) output.number(name.size(), 4);
  for (std::size_t i = 0; i < index.images(); ++i) output.text(index.names[i]);
  for (const auto& name : index.classes) output.text(name);
  output.text(checksum_of(output.bytes()));
  return std::move(output.bytes());
}

PackIndex parse_pack_index(std::span<const std::byte> bytes) {
  std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!all.starts_with(kPackMagic)) {
    throw DataError({.fault = Fault::unsupported, .reason = "is no index of a pack"});
  }
  if (all.size() < kHeaderBytes + kChecksumDigits) {
    throw DataError({.fault = Fault::truncated, .reason = "ends too early"});
  }
  const auto stored = all.substr(all.size() - kChecksumDigits);
  all.remove_suffix(kChecksumDigits);
  if (checksum_of(all) != stored) {
    throw DataError({.fault = Fault::corrupt, .reason = "is damaged: its checksum does not hold"});
  }

  PackInput input(all);
  const PackHeader header = read_pack_header(input);
  PackIndex index;
  input.require(header.shards, kShardBytes);
  for (std::uint64_t i = 0; i < header.shards; ++i) {
    const auto size = input.number(8);
    index.shards.push_back({size, std::string(input.take(kChecksumDigits))});
  }
  input.require(header.images, kImageBytes);
  index.places.reserve(header.images);
  index.labels.reserve(header.images);
  std::vector<std::uint32_t> lengths;
  lengths.reserve(header.images);
  for (std::uint64_t i = 0; i < header.images; ++i) {
    lengths.push_back(read_image(input, header, index));
  }
  input.require(header.classes, 4);
  std::vector<std::uint32_t> class_lengths(header.classes);
  for (auto& length : class_lengths) length = input.number32();
  for (const auto length : lengths) index.names.add(input.take(length));
  for (const auto length : class_lengths) index.classes.emplace_back(input.take(length));
  if (!input.empty()) {
    throw DataError({.fault = Fault::corrupt, .reason = "goes on behind its end"});
  }
  return index;
}

}  // namespace dbot::data
