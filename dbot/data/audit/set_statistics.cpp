#include "dbot/data/audit/set_statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace dbot::data {

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {values.front(), at(0.25), at(0.5), at(0.75), values.back()};
}

namespace {

/// Without empty bins at both ends; what lies outside the edges counts in the outermost ones.
Histogram binned(const std::vector<double>& values, std::vector<double> edges) {
  if (values.empty()) return {};
  std::vector<std::int64_t> counts(edges.size() - 1);
  for (const double value : values) {
    const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, value);
    ++counts[static_cast<std::size_t>(above - edges.begin() - 1)];
  }
  while (counts.back() == 0) {
    counts.pop_back();
    edges.pop_back();
  }
  const auto first = std::ranges::find_if(counts, [](auto count) { return count > 0; });
  edges.erase(edges.begin(), edges.begin() + (first - counts.begin()));
  counts.erase(counts.begin(), first);
  return {std::move(edges), std::move(counts)};
}

/// Whole numbers that double in two steps.
std::vector<double> side_edges() {
  std::vector<double> edges{1};
  for (double edge = 8; edge < 40000; edge *= std::sqrt(2.0)) edges.push_back(std::round(edge));
  edges.push_back(1 << 28);
  return edges;
}

std::vector<double> aspect_edges() {
  return {0, 0.2, 1.0 / 3, 0.5, 0.625, 0.7, 0.8, 0.95, 1.05, 1.25, 1.45, 1.6, 2, 3, 5, 1e9};
}

Shares shares_of(const std::map<std::string, std::int64_t>& counts) {
  Shares shares(counts.begin(), counts.end());
  std::ranges::stable_sort(shares, std::ranges::greater(), &Shares::value_type::second);
  return shares;
}

std::string pixels_text(const StoredPixels& stored) {
  const std::string colours = stored.palette         ? "palette"
                              : stored.cmyk          ? "CMYK"
                              : stored.channels == 1 ? "grey"
                              : stored.channels == 3 ? "RGB"
                              : stored.channels == 2 ? "grey and alpha"
                              : stored.channels == 4 && stored.alpha
                                  ? "RGB and alpha"
                                  : fmt::format("{} channels", stored.channels);
  return fmt::format("{}, {} bits", colours, stored.bits);
}

/// The largest of the usual kSides that is not above `side`.
int usual_side(double side) {
  constexpr std::array<int, 14> kSides{32,  48,  64,  96,  128, 160, 192,
                                       224, 256, 288, 320, 384, 448, 512};
  const auto above = std::upper_bound(kSides.begin(), kSides.end(), side);
  if (above != kSides.begin()) return *(above - 1);
  return std::max(4, static_cast<int>(side) / 4 * 4);
}

std::vector<SetStatistics::ClassRow> class_rows(const AuditedSet& set) {
  std::vector<SetStatistics::ClassRow> rows;
  for (const auto& name : set.classes()) {
    rows.push_back({name, std::vector<std::int64_t>(set.parts().size())});
  }
  for (std::int64_t image = 0; !rows.empty() && image < set.size(); ++image) {
    const int label = set.label(image);
    if (label < 0) continue;
    ++rows[static_cast<std::size_t>(label)]
          .images[static_cast<std::size_t>(set.part_number(image))];
  }
  return rows;
}

}  // namespace

SetStatistics summarise(const AuditedSet& set, const std::vector<ImageFacts>& facts) {
  SetStatistics result;
  result.images = set.size();
  std::vector<double> widths, heights, shorter, aspects, bytes;
  std::map<std::string, std::int64_t> kinds, pixels;
  for (const auto& one : facts) {
    result.bytes += one.bytes;
    if (one.bytes > 0) bytes.push_back(static_cast<double>(one.bytes));
    if (one.fault != ImageFault::none) ++result.unreadable;
    if (!one.kind.empty()) ++kinds[std::string(one.kind)];
    if (one.width <= 0) continue;
    widths.push_back(one.width);
    heights.push_back(one.height);
    shorter.push_back(std::min(one.width, one.height));
    aspects.push_back(static_cast<double>(one.width) / one.height);
    ++pixels[pixels_text(one.stored)];
  }
  result.widths = binned(widths, side_edges());
  result.heights = binned(heights, side_edges());
  result.aspects = binned(aspects, aspect_edges());
  result.width = spread_of(std::move(widths));
  result.height = spread_of(std::move(heights));
  result.shorter_side = spread_of(std::move(shorter));
  result.aspect = spread_of(std::move(aspects));
  result.file_bytes = spread_of(std::move(bytes));
  result.kinds = shares_of(kinds);
  result.pixels = shares_of(pixels);
  result.classes = class_rows(set);
  if (result.shorter_side.most > 0) {
    result.largest_image_size = usual_side(result.shorter_side.lower_quartile);
    result.usual_image_size = std::min(224, result.largest_image_size);
  }
  return result;
}

}  // namespace dbot::data
