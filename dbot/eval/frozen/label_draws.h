#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/labelled_share.h"
#include "dbot/eval/frozen/features.h"

// Which labels each seed of an evaluation learns from.
namespace dbot::eval {

struct LabelDraw {
  std::uint64_t seed = 0;
  std::vector<std::int64_t> samples = {};  // places in the training split, rising; all: empty
};

/// A draw for each of `seeds` seeds, from `first` on. Throws as data::draw_labelled does.
std::vector<LabelDraw> draw_labels(const data::Dataset& train, const data::LabelledShare& share,
                                   std::uint64_t first, std::int64_t seeds);

/// The samples that any draw has, rising; empty where a draw has all.
std::vector<std::int64_t> samples_of(const std::vector<LabelDraw>& draws);

/// The rows of one draw among the features of `samples_of` all draws; of all samples the features
/// themselves, without a copy.
at::Tensor rows_of_draw(const at::Tensor& rows, const std::vector<std::int64_t>& indices,
                        const std::vector<std::int64_t>& samples, const LabelDraw& draw);

/// Names and classes of labelled samples, one a line with a tab between them, each as
/// `escaped_line` (embedding.h).
std::string lines_of(const data::Dataset& labelled, const std::vector<std::int64_t>& samples);
/// The same of all samples.
std::string lines_of(const data::Dataset& labelled);

/// What one seed gave, in percent.
struct SeedFigures {
  std::uint64_t seed = 0;
  double top1 = 0, top5 = 0;
};

/// Mean, and standard deviation of a single value (n − 1 in the denominator; 0 for one value).
struct MeanAndSpread {
  double mean = 0, spread = 0;
};
MeanAndSpread mean_and_spread(const std::vector<double>& values);

}  // namespace dbot::eval
