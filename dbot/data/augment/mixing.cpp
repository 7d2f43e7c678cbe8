#include "dbot/data/augment/mixing.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/full.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

void check(const MixingConfig& config) {
  const auto share = [](double value) { return value >= 0 && value <= 1; };
  if (config.mixup >= 0 && config.cutmix >= 0 && std::isfinite(config.mixup) &&
      std::isfinite(config.cutmix) && share(config.probability) && share(config.cutmix_share)) {
    return;
  }
  throw UsageError(fmt::format(
      "[mixing] mixup {}, cutmix {}, probability {}, share of cutmix {}, expected numbers of at "
      "least 0, of which the last two are at most 1",
      config.mixup, config.cutmix, config.probability, config.cutmix_share));
}

void check_images(const at::Tensor& images, const Mix& mix) {
  if ((images.dim() != 4 && images.dim() != 5) || !images.is_floating_point()) {
    throw UsageError(fmt::format(
        "[mixing] the images have {} dimensions{}, expected floating point [batch, channels, "
        "height, width], or of clips [batch, channels, frames, height, width]",
        images.dim(), images.is_floating_point() ? "" : " of whole numbers"));
  }
  if (!mix.box) return;
  const auto& box = *mix.box;
  if (box.top >= 0 && box.left >= 0 && box.height >= 0 && box.width >= 0 &&
      box.height <= images.size(-2) - box.top && box.width <= images.size(-1) - box.left) {
    return;
  }
  throw UsageError(fmt::format("[mixing] box {}x{} at row {}, column {} is not inside {}x{}",
                               box.height, box.width, box.top, box.left, images.size(-2),
                               images.size(-1)));
}

}  // namespace

bool mixes(const MixingConfig& config) {
  return (config.mixup > 0 || config.cutmix > 0) && config.probability > 0;
}

Mix draw_mix(const MixingConfig& config, core::Size size, core::Random& random) {
  check(config);
  const bool wanted = random.uniform() < config.probability;
  const bool cut = random.uniform() < config.cutmix_share;
  if (!wanted || !mixes(config)) return {};
  const bool use_cutmix = config.cutmix > 0 && (cut || config.mixup <= 0);
  const double alpha = use_cutmix ? config.cutmix : config.mixup;
  const double lambda = random.beta(alpha, alpha);
  if (!use_cutmix) return {lambda, std::nullopt};
  const auto below = [&](std::int64_t count) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(count)));
  };
  const auto row = below(size.height), column = below(size.width);
  return cutmix(cutmix_box(lambda, size, row, column), size);
}

Crop cutmix_box(double lambda, core::Size size, std::int64_t row, std::int64_t column) {
  const double share = std::sqrt(1 - lambda);
  /// Begin and length along one side.
  const auto along = [&](std::int64_t side, std::int64_t centre) {
    const auto half = static_cast<std::int64_t>(static_cast<double>(side) * share) / 2;
    const auto begin = std::clamp<std::int64_t>(centre - half, 0, side);
    const auto end = std::clamp<std::int64_t>(centre + half, 0, side);
    return std::pair(static_cast<int>(begin), static_cast<int>(end - begin));
  };
  const auto [top, height] = along(size.height, row);
  const auto [left, width] = along(size.width, column);
  return {top, left, height, width};
}

Mix cutmix(const Crop& box, core::Size size) {
  const double area = static_cast<double>(box.height) * box.width;
  return {1 - area / static_cast<double>(size.height * size.width), box};
}

void mix_images(at::Tensor& images, const Mix& mix) {
  check_images(images, mix);
  if (mix.box) {
    const auto& box = *mix.box;
    const auto part = images.narrow(-2, box.top, box.height).narrow(-1, box.left, box.width);
    part.copy_(part.flip(0));  // which is a copy
  } else if (mix.kept != 1) {
    const auto partners = images.flip(0);
    images.mul_(mix.kept).add_(partners, 1 - mix.kept);
  }
}

at::Tensor soft_targets(const at::Tensor& labels, std::int64_t classes, double smoothing) {
  if (labels.dim() != 1 || labels.scalar_type() != at::kLong || classes < 1 ||
      (labels.numel() > 0 &&
       (labels.min().item().toLong() < 0 || labels.max().item().toLong() >= classes))) {
    throw UsageError(
        fmt::format("[mixing] labels must be one list of whole numbers in 0…{}", classes - 1));
  }
  const double off = smoothing / static_cast<double>(classes);
  auto targets = at::full({labels.size(0), classes}, off, labels.options().dtype(at::kFloat));
  return targets.scatter_(1, labels.unsqueeze(1), 1 - smoothing + off);
}

at::Tensor mixed_targets(const at::Tensor& labels, std::int64_t classes, double smoothing,
                         const Mix& mix) {
  auto targets = soft_targets(labels, classes, smoothing);
  if (mix.kept == 1) return targets;
  return targets * mix.kept + targets.flip(0) * (1 - mix.kept);
}

}  // namespace dbot::data
