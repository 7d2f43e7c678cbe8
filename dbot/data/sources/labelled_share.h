#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// How many of the labels of a training split are used: a share of each class, or so many of each.
struct LabelledShare {
  double share = 1;            // above 0, at most 1
  std::int64_t per_class = 0;  // 0: by share
  bool all() const { return per_class == 0 && share == 1; }
};

/// "0.1", "10%" or "5-per-class"; empty for words of another kind. Throws UsageError for a share
/// that is not above 0 and at most 1, and for none of each class.
std::optional<LabelledShare> parse_labelled_share(const std::string& text);

/// "10% of the labels", "5 labels a class".
std::string to_text(const LabelledShare& share);

/// Places of the labelled samples that are used, rising, drawn by the seed: of each class its
/// share, rounded, at least one; or exactly so many. Unlabelled samples are left out. More of a
/// class hold what fewer hold. Throws DataError, with numbers, for classes that have fewer than
/// asked for.
std::vector<std::int64_t> draw_labelled(const Dataset& dataset, const LabelledShare& share,
                                        std::uint64_t seed);

/// Samples of a data set in two parts, as rising places.
struct HeldOut {
  std::vector<std::int64_t> kept, held_out;
};

/// Sets a share of each class aside, rounded, drawn by the seed: at least one, and at least one is
/// kept, so that a class of one sample gives none. Unlabelled samples are kept.
HeldOut hold_out(const Dataset& dataset, double share, std::uint64_t seed);

}  // namespace dbot::data
