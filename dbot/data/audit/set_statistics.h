#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dbot/data/audit/audited_set.h"
#include "dbot/data/audit/survey/image_facts.h"

namespace dbot::data {

/// Of many values: the ends, the quartiles and the middle.
struct Spread {
  double least = 0, lower_quartile = 0, median = 0, upper_quartile = 0, most = 0;
};

Spread spread_of(std::vector<double> values);

/// How many values lie from one edge to the next: counts[i] from edges[i] on, below edges[i + 1].
struct Histogram {
  std::vector<double> edges;
  std::vector<std::int64_t> counts;
};

/// Names and how often they come, the most frequent first.
using Shares = std::vector<std::pair<std::string, std::int64_t>>;

/// What a set holds, by its headers.
struct SetStatistics {
  std::int64_t images = 0, unreadable = 0;
  std::uint64_t bytes = 0;                                 // of all encoded images
  Spread width, height, shorter_side, aspect, file_bytes;  // pixels; width / height
  Histogram widths, heights, aspects;
  Shares kinds;   // "JPEG"
  Shares pixels;  // "3 channels, 8 bits"
  struct ClassRow {
    std::string name;
    std::vector<std::int64_t> images;  // of each part
  };
  std::vector<ClassRow> classes;
  /// Sides of the network's input that three quarters of the images have pixels for; `usual` is at
  /// most 224.
  int largest_image_size = 0, usual_image_size = 0;
};

SetStatistics summarise(const AuditedSet& set, const std::vector<ImageFacts>& facts);

}  // namespace dbot::data
