#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/data/audit/audit.h"
#include "dbot/data/image/codec.h"

namespace dbot::data {
namespace {

// Encoders pad with a few bytes; damage leaves more.
constexpr std::int64_t kHarmlessUnusedBytes = 8;
// Out of line: so many times the median's pixels, and not few by themselves.
constexpr double kOutOfLine = 16, kLargePixels = 4e6;

FindingKind kind_of(ImageFault fault) {
  switch (fault) {
    case ImageFault::unreadable:
      return FindingKind::unreadable;
    case ImageFault::empty:
      return FindingKind::empty;
    case ImageFault::not_an_image:
      return FindingKind::not_an_image;
    case ImageFault::truncated:
      return FindingKind::truncated;
    case ImageFault::too_large:
      return FindingKind::too_large;
    case ImageFault::channels:
      return FindingKind::channels;
    case ImageFault::unread_kind:
      return FindingKind::unread_kind;
    default:
      return FindingKind::corrupt;
  }
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

UsualSize usual_size(const std::vector<ImageFacts>& facts) {
  std::vector<double> pixels, sides;
  SetValues values;
  for (const auto& one : facts) {
    values.add(one.values);
    if (one.width <= 0) continue;
    pixels.push_back(1.0 * one.width * one.height);
    sides.push_back(std::min(one.width, one.height));
  }
  return {median(std::move(pixels)), median(std::move(sides)), values};
}

void judge_image(const ImageFacts& facts, const std::string& file, const AuditLimits& limits,
                 const UsualSize& usual, std::vector<Finding>& findings) {
  const auto add = [&](FindingKind kind, std::string detail) {
    findings.push_back({kind, -1, file, std::move(detail), -1});
  };
  if (facts.fault != ImageFault::none) return add(kind_of(facts.fault), facts.reason);
  const auto size = fmt::format("{}x{} pixels", facts.width, facts.height);
  const auto& stored = facts.stored;

  const auto named = kind_of_extension(file);
  if (!facts.kind.empty() && !named.empty() && named != facts.kind) {
    add(FindingKind::wrong_type, fmt::format("is {}, its name says {}", facts.kind, named));
  }
  if (facts.unused_bytes > kHarmlessUnusedBytes) {
    add(FindingKind::damaged,
        fmt::format("{} bytes of its pixels' data are left over", facts.unused_bytes));
  }
  const auto values = usual.values.trouble(facts.values);
  if (!values.empty()) {
    add(FindingKind::value_range, values);
  } else if (facts.decoded && facts.deviation < kLeastDeviation) {
    add(FindingKind::constant, fmt::format("grey levels deviate by {:.1f}", facts.deviation));
  }
  const double longer = std::max(facts.width, facts.height);
  const double shorter = std::min(facts.width, facts.height);
  if (shorter < std::min<double>(limits.least_side, usual.shorter_side / 2))
    add(FindingKind::tiny, size);
  if (longer > limits.most_aspect * shorter) {
    add(FindingKind::elongated, fmt::format("{}, {:.1f} to 1", size, longer / shorter));
  }
  const double pixels = longer * shorter;
  if (pixels > static_cast<double>(limits.most_pixels)) {
    add(FindingKind::huge, size);
  } else if (pixels > kLargePixels && pixels > kOutOfLine * usual.pixels) {
    add(FindingKind::huge, fmt::format("{}, {:.0f} times the median", size, pixels / usual.pixels));
  }
  if (facts.turned) add(FindingKind::turned, "upright " + size);
  if (facts.grey && stored.channels >= 3 && !stored.cmyk && facts.deviation >= kLeastDeviation) {
    add(FindingKind::grey_as_rgb, fmt::format("{} channels", stored.channels));
  }
  if (stored.cmyk) add(FindingKind::cmyk, fmt::format("{} channels", stored.channels));
  if (stored.alpha) add(FindingKind::alpha, fmt::format("{} channels", stored.channels));
  if (stored.bits > 8) add(FindingKind::deep, fmt::format("{} bits", stored.bits));
  if (stored.no_end) add(FindingKind::no_end_mark, "all pixels are there");
  if (stored.more_pictures) add(FindingKind::more_pictures, std::string(facts.kind));
}

}  // namespace dbot::data
