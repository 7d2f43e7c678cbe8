#include "dbot/eval/frozen/label_draws.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dbot/eval/frozen/embedding.h"

namespace dbot::eval {
namespace {

std::string line_of(const data::Dataset& labelled, std::int64_t sample) {
  const auto label = static_cast<std::size_t>(labelled.label(sample));
  return fmt::format("{}\t{}\n", escaped_line(labelled.name(sample)),
                     escaped_line(labelled.classes().at(label)));
}

}  // namespace

std::vector<LabelDraw> draw_labels(const data::Dataset& train, const data::LabelledShare& share,
                                   std::uint64_t first, std::int64_t seeds) {
  std::vector<LabelDraw> draws;
  for (std::int64_t i = 0; i < seeds; ++i) {
    LabelDraw draw{.seed = first + static_cast<std::uint64_t>(i)};
    if (!share.all()) draw.samples = data::draw_labelled(train, share, draw.seed);
    draws.push_back(std::move(draw));
  }
  return draws;
}

std::vector<std::int64_t> samples_of(const std::vector<LabelDraw>& draws) {
  std::vector<std::int64_t> samples;
  for (const LabelDraw& draw : draws) {
    if (draw.samples.empty()) return {};
    samples.insert(samples.end(), draw.samples.begin(), draw.samples.end());
  }
  std::ranges::sort(samples);
  samples.erase(std::unique(samples.begin(), samples.end()), samples.end());
  return samples;
}

at::Tensor rows_of_draw(const at::Tensor& rows, const std::vector<std::int64_t>& indices,
                        const std::vector<std::int64_t>& samples, const LabelDraw& draw) {
  if (draw.samples.empty() || draw.samples.size() == samples.size()) return rows;
  std::vector<std::int64_t> chosen;
  for (std::size_t row = 0; row < indices.size(); ++row) {
    const std::int64_t sample = samples.at(static_cast<std::size_t>(indices[row]));
    if (std::ranges::binary_search(draw.samples, sample)) {
      chosen.push_back(static_cast<std::int64_t>(row));
    }
  }
  const auto count = static_cast<std::int64_t>(chosen.size());
  return rows.index_select(0, at::from_blob(chosen.data(), {count}, at::TensorOptions(at::kLong)));
}

MeanAndSpread mean_and_spread(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  MeanAndSpread result{.mean = std::accumulate(values.begin(), values.end(), 0.0) / count};
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.spread = std::sqrt(squares / (count - 1));
  return result;
}

std::string lines_of(const data::Dataset& labelled, const std::vector<std::int64_t>& samples) {
  std::string lines;
  for (const std::int64_t sample : samples) lines += line_of(labelled, sample);
  return lines;
}

std::string lines_of(const data::Dataset& labelled) {
  std::string lines;
  for (std::int64_t sample = 0; sample < labelled.size(); ++sample) {
    lines += line_of(labelled, sample);
  }
  return lines;
}

}  // namespace dbot::eval
