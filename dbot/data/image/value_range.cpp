#include "dbot/data/image/value_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace dbot::data {
namespace {

// Filters that sharpen leave the range a little.
constexpr double kHarmlessExcess = 0.02;
// The largest value of 14 bits: what sensors of 10, 12 and 14 bits stay below.
constexpr double kMostOfSensors = 16383;

std::string shown_number(double value) {
  return fmt::format("{:.6g}", value);
}

/// The first of the usual ranges that holds what was seen and is not much wider; else that of the
/// bits in use, or what was seen.
ValueRange offered_range(const SeenValues& seen) {
  constexpr std::array<ValueRange, 6> kUsual{
      {{-1, 1}, {0, 255}, {0, 1023}, {0, 4095}, {0, 16383}, {0, 65535}}};
  constexpr double kMostTimesWider = 4;  // from one of them to the next
  for (const auto& usual : kUsual) {
    const double width = usual.white - usual.black, spare = kHarmlessExcess * width;
    const bool holds = seen.least >= usual.black - spare && seen.most <= usual.white + spare;
    const bool reaches_black = usual.black >= 0 || seen.least * kMostTimesWider <= usual.black;
    if (holds && reaches_black &&
        width <= kMostTimesWider * (seen.most - std::min(0.0, seen.least)))
      return usual;
  }
  if (seen.kind == SeenValues::Kind::real) return {std::min(0.0, seen.least), seen.most};
  const auto bits = std::bit_width(static_cast<std::uint32_t>(seen.most));
  return {0, static_cast<double>((std::uint32_t{1} << static_cast<unsigned>(bits)) - 1)};
}

std::string trouble_of_real(const SeenValues& seen) {
  const bool above = seen.most > 1 + kHarmlessExcess, below = seen.least < -kHarmlessExcess;
  if (!above && !below) return {};
  const auto consequence = above && below ? "all above 1 is white, all below 0 is black"
                           : above        ? "all above 1 is white"
                                          : "all below 0 is black";
  return fmt::format("values from {} to {}, expected 0…1: {}", shown_number(seen.least),
                     shown_number(seen.most), consequence);
}

}  // namespace

ValueRange range_of(const std::vector<double>& black_and_white) {
  if (black_and_white.size() != 2) return {};
  return {black_and_white[0], black_and_white[1]};
}

void SetValues::add(const SeenValues& image) {
  if (image.kind == SeenValues::Kind::none) return;
  auto& all = image.kind == SeenValues::Kind::real ? real : whole;
  all.not_finite = all.not_finite || image.not_finite;
  if (!image.any()) return;
  all.add(image.least);
  all.add(image.most);
}

std::string SetValues::trouble(const SeenValues& image) const {
  const auto range = trouble_with_range(image);
  if (!image.not_finite) return range;
  return fmt::format(
      "values that are not finite (NaN or infinite), which become black or white{}{}",
      range.empty() ? "" : "; ", range);
}

std::string SetValues::trouble_with_range(const SeenValues& image) const {
  if (!image.any()) return {};
  if (image.kind == SeenValues::Kind::real) return trouble_of_real(image);
  if (image.kind != SeenValues::Kind::whole || !whole.any()) return {};
  if (whole.most > kMostOfSensors || whole.most <= 0) return {};
  const auto bits = std::bit_width(static_cast<std::uint32_t>(whole.most));
  return fmt::format(
      "values from {} to {} of 65535 (no image of the set has more than {}: {} bits): "
      "nearly black",
      shown_number(image.least), shown_number(image.most), shown_number(whole.most), bits);
}

std::string SetValues::trouble() const {
  for (const auto& seen : {real, whole}) {
    const auto text = trouble(seen);
    if (text.empty()) continue;
    if (trouble_with_range(seen).empty()) return text;  // no range makes numbers of them
    const auto range = offered_range(seen);
    return fmt::format("{}; data.value_range says what is black and white, such as [{}, {}]", text,
                       shown_number(range.black), shown_number(range.white));
  }
  return {};
}

}  // namespace dbot::data
