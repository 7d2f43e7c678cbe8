#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dbot/data/audit/copies.h"
#include "dbot/data/audit/finding.h"

namespace dbot::data {

/// Where an audit draws its lines.
struct AuditLimits {
  int least_side = 32;     // pixels; tiny is what is shorter, and than half the median
  double most_aspect = 5;  // longer side by shorter one
  std::int64_t most_pixels = 50'000'000;
  double most_imbalance = 10;  // largest class by smallest
  CopiesConfig copies;
};

/// What an audit says of a set.
struct Audit {
  std::vector<Finding> findings;  // by kind, then by image
  std::array<std::int64_t, kFindingKinds> counts{};
  std::vector<CopyGroup> groups;
  std::int64_t broken = 0, suspicious = 0;  // images and files, each once

  std::int64_t count(FindingKind kind) const { return counts[static_cast<std::size_t>(kind)]; }
};

/// Judges what was seen: each image by itself, then copies, classes and other files. `facts` are
/// those of all images of the set.
Audit judge(const AuditedSet& set, const std::vector<ImageFacts>& facts, const AuditLimits& limits,
            const core::StopRequest& stop);

/// What is usual in a set; 0 where no header could be read.
struct UsualSize {
  double pixels = 0, shorter_side = 0;  // medians
  SetValues values = {};
};
UsualSize usual_size(const std::vector<ImageFacts>& facts);

/// What is found of one image by itself.
void judge_image(const ImageFacts& facts, const std::string& file, const AuditLimits& limits,
                 const UsualSize& usual, std::vector<Finding>& findings);

}  // namespace dbot::data
