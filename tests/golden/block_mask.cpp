#include "dbot/masking/block_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "dbot/core/error.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr std::int64_t kMasks = 8000;

/// The recorded draws lead to the recorded masks.
void compare_replayed(const Fixture& fixture, core::Size grid, const masking::BlockConfig& blocks,
                      Comparison& comparison) {
  for (const auto& [number, draws] : fixture.with_prefix("in.draws")) {
    const double* next = draws.const_data_ptr<double>();
    const double* end = next + draws.numel();
    const auto take = [&] {
      if (next == end) throw Error("[golden] more draws are asked for than the generator made");
      return *next++;
    };
    const at::Tensor mask =
        masking::block_mask(grid, blocks,
                            {[&](double, double) { return take(); },
                             [&](std::int64_t) { return static_cast<std::int64_t>(take()); }});
    comparison.exact("out.mask" + number, mask);
    comparison.truth("all draws of mask " + number + " are used", next == end);
  }
}

/// As often masked as the official ones, place by place.
void compare_places(const Fixture& fixture, const at::Tensor& masks, Comparison& comparison) {
  const at::Tensor& frequency = fixture.at("stat.frequency");
  const auto theirs = fixture.config.at("stat_masks").get<double>();
  const at::Tensor variance =
      frequency * (1 - frequency) * (1 / theirs + 1.0 / static_cast<double>(kMasks));
  const at::Tensor deviation = (masks.mean(0).view(frequency.sizes()) - frequency).square();
  comparison.truth("masked as often at every place",
                   (deviation / variance.clamp_min(1e-12)).mean().item<double>() < 9);
}

/// As many masked patches as in the official ones, on average and at most.
void compare_counts(const Fixture& fixture, const at::Tensor& counts, std::int64_t wanted,
                    Comparison& comparison) {
  const auto& config = fixture.config;
  const double spread =
      counts.std().item<double>() / std::sqrt(config.at("stat_masks").get<double>());
  comparison.truth(fmt::format("as many masked patches: {}", counts.mean().item<double>()),
                   std::abs(counts.mean().item<double>() -
                            config.at("stat_mean_count").get<double>()) < 3 * spread);
  comparison.truth("never more than wanted",
                   counts.max().item<double>() <= static_cast<double>(wanted));
}

/// Each number of masked patches as often as in the official ones: chi-square of two samples,
/// within three deviations. Numbers seen fewer than twenty times count as one.
void compare_histogram(const Fixture& fixture, const at::Tensor& counts, Comparison& comparison) {
  constexpr double kRare = 20;
  const at::Tensor theirs = fixture.at("stat.count_histogram").to(at::kDouble);
  const at::Tensor ours =
      at::bincount(counts.to(at::kLong), {}, theirs.numel()).to(at::kDouble).contiguous();
  comparison.truth("no number of masked patches beyond the histogram",
                   ours.numel() == theirs.numel());
  const double all_ours = ours.sum().item<double>(), all_theirs = theirs.sum().item<double>();
  comparison.number("masks of the histogram", all_theirs,
                    fixture.config.at("stat_masks").get<double>(), 0);
  double chi_square = 0, rare_ours = 0, rare_theirs = 0, bins = 0;
  const auto add = [&](double mine, double official) {
    if (mine + official == 0) return;
    const double difference =
        std::sqrt(all_theirs / all_ours) * mine - std::sqrt(all_ours / all_theirs) * official;
    chi_square += difference * difference / (mine + official);
    ++bins;
  };
  for (std::int64_t i = 0; i < theirs.numel(); ++i) {
    const double mine = ours[i].item<double>(), official = theirs[i].item<double>();
    if (mine + official >= kRare) {
      add(mine, official);
    } else {
      rare_ours += mine;
      rare_theirs += official;
    }
  }
  add(rare_ours, rare_theirs);
  const double freedom = bins - 1;
  comparison.truth(
      fmt::format("numbers of masked patches: chi-square {:.1f} of {} bins", chi_square, bins),
      chi_square <= freedom + 3 * std::sqrt(2 * freedom));
}

}  // namespace

void check_block_mask(const Fixture& fixture, Comparison& comparison) {
  const auto& config = fixture.config;
  const auto sides = config.at("grid").get<std::vector<std::int64_t>>();
  const core::Size grid{sides.at(0), sides.at(1)};
  const masking::BlockConfig blocks{.masked = config.at("num_masking_patches").get<std::int64_t>(),
                                    .smallest = config.at("min_num_patches").get<std::int64_t>(),
                                    .narrowest = config.at("min_aspect").get<double>()};
  compare_replayed(fixture, grid, blocks, comparison);
  if (!fixture.has("stat.frequency")) return;

  std::vector<std::int64_t> samples(kMasks);
  std::iota(samples.begin(), samples.end(), 0);
  const at::Tensor masks =
      masking::block_masks(/*seed=*/0, /*stage=*/0, /*epoch=*/0, samples, grid, blocks)
          .to(at::kDouble);
  const at::Tensor counts = masks.sum(1);
  compare_places(fixture, masks, comparison);
  compare_counts(fixture, counts, blocks.masked, comparison);
  if (fixture.has("stat.count_histogram")) compare_histogram(fixture, counts, comparison);
}

}  // namespace dbot::golden
