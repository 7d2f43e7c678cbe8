#include "dbot/formats/tar_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "dbot/core/error.h"

namespace dbot::formats {
namespace {

using TarBlock = std::array<std::byte, 512>;  // as in the class

// More for a name or a list of attributes is an attack or damage.
constexpr std::uint64_t kMostAttributes = std::uint64_t{1} << 20;

/// A field of a header as it stands there.
std::string_view tar_field(const TarBlock& header, std::size_t begin, std::size_t size) {
  return {reinterpret_cast<const char*>(header.data()) + begin, size};
}

std::string tar_text(const TarBlock& header, std::size_t begin, std::size_t size) {
  const auto all = tar_field(header, begin, size);
  return std::string(all.substr(0, all.find('\0')));
}

/// GNU tar: the highest bit set, then a number in base 256. None beyond 63 bits.
std::optional<std::uint64_t> tar_binary_number(std::string_view digits) {
  std::uint64_t value = static_cast<unsigned char>(digits[0]) & 0x7FU;
  for (const char digit : digits.substr(1)) {
    if (value >> 55 != 0) return std::nullopt;
    value = value << 8 | static_cast<unsigned char>(digit);
  }
  return value;
}

/// Octal digits between spaces; none if there is anything else.
std::optional<std::uint64_t> tar_number(const TarBlock& header, std::size_t begin,
                                        std::size_t size) {
  auto digits = tar_field(header, begin, size);
  if ((static_cast<unsigned char>(digits[0]) & 0x80U) != 0) return tar_binary_number(digits);
  digits = digits.substr(std::min(digits.find_first_not_of(' '), digits.size()));
  digits = digits.substr(0, digits.find_first_of(std::string_view(" \0", 2)));
  if (digits.empty()) return 0;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, 8);
  if (error != std::errc{} || end != digits.end()) return std::nullopt;
  return value;
}

/// The sum of all bytes, its own field counted as spaces; old writers took bytes as signed.
bool checksum_holds(const TarBlock& header) {
  constexpr std::size_t kBegin = 148, kEnd = 156;
  std::int64_t sum = 0, signed_sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto byte =
        i >= kBegin && i < kEnd ? std::uint8_t{' '} : std::to_integer<std::uint8_t>(header[i]);
    sum += byte;
    signed_sum += static_cast<std::int8_t>(byte);
  }
  const auto stored = tar_number(header, kBegin, kEnd - kBegin);
  return stored && (static_cast<std::int64_t>(*stored) == sum ||
                    static_cast<std::int64_t>(*stored) == signed_sum);
}

std::string tar_name(const TarBlock& header) {
  std::string name = tar_text(header, 0, 100);
  // GNU tar keeps other things where ustar has the beginning of the name.
  if (tar_field(header, 257, 6) != std::string_view("ustar\0", 6)) return name;
  const std::string prefix = tar_text(header, 345, 155);
  return prefix.empty() ? name : prefix + '/' + name;
}

char tar_type(const TarBlock& header) {
  return tar_field(header, 156, 1)[0];
}

std::uint64_t whole_blocks(std::uint64_t size) {
  return (size + 511) & ~std::uint64_t{511};
}

}  // namespace

void TarReader::read_exactly(std::uint64_t offset, std::span<std::byte> bytes,
                             const std::string& what) {
  if (offset <= size_ && bytes.size() <= size_ - offset && read_(offset, bytes) == bytes.size()) {
    return;
  }
  throw DataError(
      {.fault = Fault::truncated,
       .reason = fmt::format("is cut short in {} at byte {} of {}", what, offset, size_)});
}

std::string TarReader::content(std::uint64_t size) {
  if (size > kMostAttributes) {
    throw DataError(
        {.fault = Fault::too_large,
         .reason = fmt::format("has {} bytes of attributes at byte {}, expected at most {}", size,
                               position_, kMostAttributes)});
  }
  std::string content(size, '\0');
  read_exactly(position_ + kBlock, std::as_writable_bytes(std::span(content)), "attributes");
  return content;
}

/// Records "LENGTH KEY=VALUE\n", the length counting all of it.
void TarReader::apply_pax(const std::string& records) {
  std::string_view rest = records;
  while (!rest.empty() && rest.front() != '\0') {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(rest.begin(), rest.end(), length);
    const auto begin = static_cast<std::size_t>(end - rest.begin()) + 1;
    if (error != std::errc{} || length > rest.size() || begin >= length || *end != ' ' ||
        rest[length - 1] != '\n') {
      throw DataError(
          {.fault = Fault::corrupt,
           .reason = fmt::format("has attributes that are not sound at byte {}", position_)});
    }
    const auto record = rest.substr(begin, length - begin - 1);
    rest.remove_prefix(length);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos) continue;
    const auto key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path") next_name_ = value;
    if (key.starts_with("GNU.sparse")) {
      throw DataError({.fault = Fault::unsupported,
                       .reason = "has a sparse member",
                       .way_out = "pack it without holes"});
    }
    if (key != "size") continue;
    std::uint64_t size = 0;
    const auto [last, problem] = std::from_chars(value.begin(), value.end(), size);
    if (problem != std::errc{} || last != value.end()) {
      throw DataError(
          {.fault = Fault::corrupt, .reason = fmt::format("has a member of size \"{}\"", value)});
    }
    next_size_ = size;
  }
}

std::uint64_t TarReader::content_size(const TarBlock& header, const std::string& name) const {
  constexpr std::string_view kWithoutContent = "123456";  // links, devices, folders, pipes
  const char type = tar_type(header);
  if (kWithoutContent.find(type) != std::string_view::npos) return 0;
  if (type == 'S') {
    throw DataError({.fault = Fault::unsupported,
                     .reason = name + " is sparse",
                     .way_out = "pack it without holes"});
  }
  if (type == 'M') {
    throw DataError({.fault = Fault::unsupported,
                     .reason = name + " goes on from another volume",
                     .way_out = "join the volumes"});
  }
  const auto size = next_size_ ? next_size_ : tar_number(header, 124, 12);
  const std::uint64_t left = size_ - position_ - kBlock;
  if (size && *size <= left) return *size;
  if (!size) {
    throw DataError({.fault = Fault::corrupt, .reason = "has a member of unknown size, " + name});
  }
  throw DataError({.fault = Fault::truncated,
                   .reason = fmt::format("is cut short in {}: it has {} bytes, {} are left", name,
                                         *size, left)});
}

/// Takes what a header says of the next member; false if it is a member itself.
bool TarReader::describes_next(const TarBlock& header, std::uint64_t size) {
  switch (tar_type(header)) {
    case 'x':
      apply_pax(content(size));
      return true;
    case 'L':
      next_name_ = content(size);
      next_name_.resize(std::min(next_name_.find('\0'), next_name_.size()));
      return true;
    case 'K':  // the name a link leads to
    case 'g':  // of all members: nothing that concerns their content
      return true;
    default:
      return false;
  }
}

bool TarReader::read_header(TarBlock& header) {
  const std::string place =
      last_name_.empty() ? "its first header" : "the header after " + last_name_;
  read_exactly(position_, header, place);
  ended_by_mark_ = std::ranges::all_of(header, [](std::byte byte) { return byte == std::byte{0}; });
  if (ended_by_mark_ || checksum_holds(header)) return !ended_by_mark_;
  throw DataError({.fault = Fault::corrupt,
                   .reason = fmt::format("has no sound header at byte {}{}", position_,
                                         last_name_.empty() ? "; it is no tar archive, or damaged"
                                                            : ", after " + last_name_)});
}

/// Behind an end mark: goes to the first block that is not of zeros, and says whether it begins an
/// archive. Programs fill up with some kilobytes of zeros; nobody looks through gigabytes of them.
bool TarReader::find_next_archive() {
  constexpr std::uint64_t kMostPadding = std::uint64_t{1} << 26, kBlocksAtOnce = 64;
  std::vector<std::byte> blocks;
  const std::uint64_t end = std::min(size_, position_ + kMostPadding);
  while (position_ < end) {
    blocks.resize(std::min<std::uint64_t>(kBlocksAtOnce * kBlock, end - position_));
    read_exactly(position_, blocks, "what follows its end mark");
    const auto content =
        std::ranges::find_if(blocks, [](std::byte byte) { return byte != std::byte{0}; });
    const auto zeros = static_cast<std::uint64_t>(content - blocks.begin());
    position_ += content == blocks.end() ? zeros : zeros / kBlock * kBlock;
    if (content == blocks.end()) continue;
    TarBlock header{};
    if (size_ - position_ >= kBlock) {
      read_exactly(position_, header, "what follows its end mark");
      if (checksum_holds(header)) return true;
    }
    unread_bytes_ = size_ - position_;
    return false;
  }
  return false;
}

std::optional<TarMember> TarReader::next() {
  TarBlock header{};
  while (position_ < size_) {
    if (!read_header(header)) {
      if (!find_next_archive()) {
        position_ = size_;
        break;
      }
      ++archives_;
      last_name_.clear();
      next_name_.clear();
      next_size_.reset();
      continue;
    }
    std::string name = next_name_.empty() ? tar_name(header) : next_name_;
    const std::uint64_t begin = position_ + kBlock, size = content_size(header, name);
    const bool described = describes_next(header, size);
    // The last member's padding may be missing.
    position_ = std::min(begin + whole_blocks(size), size_);
    if (described) continue;
    next_name_.clear();
    next_size_.reset();
    last_name_ = name;
    const char type = tar_type(header);
    links_ += type == '1' || type == '2' ? 1 : 0;
    const bool regular = type == '0' || type == '\0' || type == '7';
    if (regular && !name.ends_with('/'))
      return TarMember{std::move(name), begin, size, archives_ - 1};
  }
  return std::nullopt;
}

}  // namespace dbot::formats
