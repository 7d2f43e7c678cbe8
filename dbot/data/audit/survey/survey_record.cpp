#include "dbot/data/audit/survey/survey_record.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <vector>

#include "dbot/core/files/files.h"

namespace dbot::data {
namespace {

constexpr std::size_t kMostReason = 4000;  // bytes
constexpr std::array<std::string_view, 8> kKindNames{"",     "JPEG", "PNG", "WebP",
                                                     "TIFF", "BMP",  "PNM", "npy"};

/// Writes numbers with the lowest byte first.
class RecordWriter {
 public:
  template <typename Whole>
  void number(Whole value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof value; ++i, bits >>= 8) {
      text_ += static_cast<char>(bits & 0xFF);
    }
  }
  void bytes(std::span<const std::uint8_t> values) { text_.append(values.begin(), values.end()); }
  std::string& text() { return text_; }

 private:
  std::string text_;
};

class RecordReader {
 public:
  explicit RecordReader(std::string_view text) : text_(text) {}

  template <typename Whole>
  Whole number() {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Whole); ++i) bits |= std::uint64_t{next()} << (8 * i);
    return static_cast<Whole>(bits);
  }
  void bytes(std::span<std::uint8_t> values) {
    for (auto& value : values) value = next();
  }
  bool ended_well() const { return !overrun_ && place_ == text_.size(); }

 private:
  std::uint8_t next() {
    overrun_ = overrun_ || place_ >= text_.size();
    return overrun_ ? std::uint8_t{0} : static_cast<std::uint8_t>(text_[place_++]);
  }

  std::string_view text_;
  std::size_t place_ = 0;
  bool overrun_ = false;
};

/// Facts that are true or false, as bits.
struct RecordFlags {
  static constexpr std::uint32_t kTurned = 1, kAlpha = 2, kPalette = 4, kCmyk = 8,
                                 kMorePictures = 16, kDecoded = 32, kGrey = 64, kNoEnd = 128,
                                 kNotFinite = 256, kAll = 511;
};

std::uint32_t flags_of(const ImageFacts& facts) {
  const auto& stored = facts.stored;
  return (facts.turned ? RecordFlags::kTurned : 0U) | (stored.alpha ? RecordFlags::kAlpha : 0U) |
         (stored.palette ? RecordFlags::kPalette : 0U) | (stored.cmyk ? RecordFlags::kCmyk : 0U) |
         (stored.more_pictures ? RecordFlags::kMorePictures : 0U) |
         (facts.decoded ? RecordFlags::kDecoded : 0U) | (facts.grey ? RecordFlags::kGrey : 0U) |
         (stored.no_end ? RecordFlags::kNoEnd : 0U) |
         (facts.values.not_finite ? RecordFlags::kNotFinite : 0U);
}

void set_flags(std::uint32_t flags, ImageFacts& facts) {
  auto& stored = facts.stored;
  facts.turned = (flags & RecordFlags::kTurned) != 0;
  stored.alpha = (flags & RecordFlags::kAlpha) != 0;
  stored.palette = (flags & RecordFlags::kPalette) != 0;
  stored.cmyk = (flags & RecordFlags::kCmyk) != 0;
  stored.more_pictures = (flags & RecordFlags::kMorePictures) != 0;
  facts.decoded = (flags & RecordFlags::kDecoded) != 0;
  facts.grey = (flags & RecordFlags::kGrey) != 0;
  stored.no_end = (flags & RecordFlags::kNoEnd) != 0;
  facts.values.not_finite = (flags & RecordFlags::kNotFinite) != 0;
}

std::uint64_t mark_of(std::string_view body) {
  return core::digest(std::as_bytes(std::span(body))).low;
}

/// Everything but the reason has a fixed length.
bool read_body(std::string_view body, std::int64_t& image, ImageFacts& facts) {
  RecordReader reader(body);
  image = reader.number<std::int64_t>();
  const auto fault = reader.number<std::uint8_t>();
  const auto kind = reader.number<std::uint8_t>();
  if (fault > static_cast<int>(ImageFault::unread_kind) || kind >= kKindNames.size()) return false;
  facts.fault = static_cast<ImageFault>(fault);
  facts.kind = kKindNames[kind];
  facts.bytes = reader.number<std::uint64_t>();
  facts.content.high = reader.number<std::uint64_t>();
  facts.content.low = reader.number<std::uint64_t>();
  facts.height = reader.number<std::int32_t>();
  facts.width = reader.number<std::int32_t>();
  facts.stored.channels = reader.number<std::int32_t>();
  facts.stored.bits = reader.number<std::int32_t>();
  const auto flags = reader.number<std::uint32_t>();
  if (flags > RecordFlags::kAll) return false;
  set_flags(flags, facts);
  facts.unused_bytes = reader.number<std::int64_t>();
  facts.deviation = std::bit_cast<float>(reader.number<std::uint32_t>());
  const auto values = reader.number<std::uint8_t>();
  if (values > static_cast<int>(SeenValues::Kind::real)) return false;
  facts.values.kind = static_cast<SeenValues::Kind>(values);
  facts.values.least = std::bit_cast<double>(reader.number<std::uint64_t>());
  facts.values.most = std::bit_cast<double>(reader.number<std::uint64_t>());
  facts.likeness.hash = reader.number<std::uint64_t>();
  reader.bytes(facts.likeness.luma);
  reader.bytes(facts.likeness.blue);
  reader.bytes(facts.likeness.red);
  const auto length = reader.number<std::uint32_t>();
  if (length > kMostReason) return false;
  std::vector<std::uint8_t> reason(length);
  reader.bytes(reason);
  facts.reason.assign(reason.begin(), reason.end());
  return reader.ended_well() && image >= 0 && facts.height >= 0 && facts.width >= 0;
}

}  // namespace

std::string journal_record(std::int64_t image, const ImageFacts& facts) {
  RecordWriter writer;
  writer.number(image);
  writer.number(static_cast<std::uint8_t>(facts.fault));
  const auto kind = std::ranges::find(kKindNames, facts.kind) - kKindNames.begin();
  writer.number(static_cast<std::uint8_t>(kind));
  writer.number(facts.bytes);
  writer.number(facts.content.high);
  writer.number(facts.content.low);
  writer.number(facts.height);
  writer.number(facts.width);
  writer.number(facts.stored.channels);
  writer.number(facts.stored.bits);
  writer.number(flags_of(facts));
  writer.number(facts.unused_bytes);
  writer.number(std::bit_cast<std::uint32_t>(facts.deviation));
  writer.number(static_cast<std::uint8_t>(facts.values.kind));
  writer.number(std::bit_cast<std::uint64_t>(facts.values.least));
  writer.number(std::bit_cast<std::uint64_t>(facts.values.most));
  writer.number(facts.likeness.hash);
  writer.bytes(facts.likeness.luma);
  writer.bytes(facts.likeness.blue);
  writer.bytes(facts.likeness.red);
  const auto reason = facts.reason.substr(0, kMostReason);
  writer.number(static_cast<std::uint32_t>(reason.size()));
  writer.text() += reason;
  RecordWriter framed;
  framed.number(static_cast<std::uint32_t>(writer.text().size()));
  framed.number(mark_of(writer.text()));
  return framed.text() + writer.text();
}

bool read_journal_record(std::string_view& text, std::int64_t& image, ImageFacts& facts) {
  constexpr std::size_t kFrame = 12;  // length, mark
  if (text.size() < kFrame) return false;
  RecordReader reader(text.substr(0, kFrame));
  const auto length = reader.number<std::uint32_t>();
  const auto mark = reader.number<std::uint64_t>();
  if (text.size() - kFrame < length) return false;
  const auto body = text.substr(kFrame, length);
  if (mark_of(body) != mark || !read_body(body, image, facts)) return false;
  text.remove_prefix(kFrame + length);
  return true;
}

}  // namespace dbot::data
