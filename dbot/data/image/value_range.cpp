#include "dbot/data/image/value_range.h"

#include <fmt/format.h>

#include <algorithm>
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
  if (image.kind == SeenValues::Kind::none || !image.any()) return;
  auto& all = image.kind == SeenValues::Kind::real ? real : whole;
  all.add(image.least);
  all.add(image.most);
}

std::string SetValues::trouble(const SeenValues& image) const {
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
    const double black = seen.kind == SeenValues::Kind::real ? std::min(0.0, seen.least) : 0;
    double white = seen.most;
    if (seen.kind == SeenValues::Kind::whole) {
      white = static_cast<double>(
          (std::uint32_t{1} << std::bit_width(static_cast<std::uint32_t>(white))) - 1);
    }
    return fmt::format("{}; data.value_range says what is black and white, such as [{}, {}]", text,
                       shown_number(black), shown_number(white));
  }
  return {};
}

}  // namespace dbot::data
