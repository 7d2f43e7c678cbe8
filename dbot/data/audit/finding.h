#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dbot::data {

/// What an audit finds, in the order in which it is shown.
enum class FindingKind : std::uint8_t {
  empty,
  unreadable,
  not_an_image,
  truncated,
  corrupt,
  too_large,
  channels,
  unread_kind,
  leak,
  label_conflict,
  duplicate,
  near_duplicate,
  damaged,
  wrong_type,
  unread_image,
  value_range,
  constant,
  tiny,
  elongated,
  imbalance,
  lonely_class,
  caption_alone,
  broken_caption,
  huge,
  turned,
  grey_as_rgb,
  cmyk,
  alpha,
  deep,
  more_pictures,
  mask,
  no_caption,
  empty_caption,
  no_end_mark,
  other_file
};
inline constexpr std::size_t kFindingKinds = 35;

/// broken: cannot be used. suspicious: can be used, but may harm. note: good to know.
enum class Gravity : std::uint8_t { broken, suspicious, note };

/// What there is to say of a kind.
struct FindingText {
  FindingKind kind;
  std::string_view id;  // as in check.jsonl; never changes
  Gravity gravity;
  std::string_view title;    // "Truncated"
  std::string_view meaning;  // what it means and what to do, one or two sentences
};

const std::array<FindingText, kFindingKinds>& finding_texts();
const FindingText& text_of(FindingKind kind);
std::string_view name(Gravity gravity);

struct Finding {
  FindingKind kind{};
  std::int64_t image = -1;  // in the audited set; −1: of another file, or of the set
  std::string file;         // relative to the data set; of the set: the class
  std::string detail;       // what was seen
  std::int64_t group = -1;  // of copies, in Audit::groups
};

}  // namespace dbot::data
