// Mixtures that are taken apart: for the report, for reconstruct, and to judge held-out images.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/mean_figures.h"
#include "dbot/methods/mixture_separation/mixture_separation.h"
#include "dbot/methods/shown_pixels.h"
#include "dbot/objectives/target.h"
#include "dbot/ops/patchify.h"

namespace dbot::methods {
namespace {

// What the published demonstration mixes with; both images are in the mixture then.
constexpr double kShownLam = 0.3;
constexpr double kHidden = 118.0 / 255;  // the grey of hidden patches in all pictures
constexpr std::int64_t kShownPairs = 8;

/// Figures of held-out mixtures at one weight, so that those of different steps can be compared.
class HeldOutMixtures final : public HeldOutMeasure {
 public:
  explicit HeldOutMixtures(const MixtureSeparation& method) : method_(method) {}

  void add(const data::Batch& batch, const DrawContext& context,
           runtime::Precision precision) override {
    const at::NoGradGuard no_grad;
    StepDraws draws =
        runtime::move_to(method_.draw(batch, context), method_.backbone().parameters()->device());
    draws["lam"] = lam_of(kShownLam);
    const auto step =
        method_.forward(batch, draws, precision, MixtureSeparation::Extent::masked_patches);
    const auto samples = static_cast<double>(batch.size());
    means_.add("loss", step.loss, samples);
    means_.add("subordinate", step.errors.at(0), samples);
    if (step.errors.size() > 1) means_.add("dominant", step.errors[1], samples);
    means_.add("distillation", step.distillation, samples);
  }

  HeldOutFigures figures() const override { return means_.figures(); }

 private:
  const MixtureSeparation& method_;
  MeanFigures means_;
};

void check_settings(const MixtureSettings& settings, std::int64_t patches) {
  if (!(settings.lam >= 0 && settings.lam <= 1)) {
    throw UsageError({.operation = "mixture",
                      .subject = "the weight of the first image",
                      .reason = fmt::format("is {}, expected 0 to 1", settings.lam)});
  }
  if (!settings.mask_ratio) return;
  const double ratio = *settings.mask_ratio;
  if (ratio >= 0 && ratio < 1 && masking::kept_patches(patches, ratio) > 0) return;
  throw UsageError(
      {.operation = "mixture",
       .subject = "the share of masked patches",
       .reason = fmt::format("is {}, expected at least 0 and some of {} patches visible", ratio,
                             patches)});
}

}  // namespace

std::unique_ptr<HeldOutMeasure> MixtureSeparation::measure_held_out() const {
  return std::make_unique<HeldOutMixtures>(*this);
}

at::Tensor MixtureSeparation::shown(const at::Tensor& normalised_images) const {
  return shown_pixels(normalised_images, config_.mean, config_.std, normalised_images.dim() - 3);
}

at::Tensor MixtureSeparation::images_of(const at::Tensor& patches) const {
  const auto [height, width] = config_.encoder.grid();
  return ops::unpatchify(patches, config_.encoder.patch_size, height, width,
                         config_.encoder.channels);
}

MixtureSeparation::Separated MixtureSeparation::take_apart(const at::Tensor& first,
                                                           const at::Tensor& second,
                                                           const MixtureSettings& settings) const {
  const std::int64_t patches = config_.encoder.patches();
  check_settings(settings, patches);
  const at::ScalarType compute = runtime::compute_type(settings.precision);
  Separated result;
  const at::Device device = network_->parameters()->device();
  result.mixture =
      mix_pairs(normalised(first.to(device)), normalised(second.to(device)), lam_of(settings.lam));
  std::vector<std::int64_t> pairs = settings.pairs;
  if (pairs.empty()) {
    pairs.resize(static_cast<std::size_t>(first.size(0)));
    std::iota(pairs.begin(), pairs.end(), 0);
  }
  const at::Tensor noise =
      masking::mask_noise(settings.draws.seed, static_cast<std::uint32_t>(settings.draws.stage),
                          static_cast<std::uint32_t>(settings.draws.epoch), pairs, patches)
          .to(device);
  result.mask = masking::random_mask(
      noise, settings.mask_ratio ? masking::kept_patches(patches, *settings.mask_ratio) : kept());
  const at::Tensor latent = network_->encode(result.mixture.mixed, result.mask.ids_keep, compute);
  const std::array images{result.mixture.subordinate, result.mixture.dominant};
  for (std::size_t i = 0; i < static_cast<std::size_t>(config_.layers); ++i) {
    at::Tensor values = network_
                            ->decode_embedded(network_->embed_latent(latent, compute, i),
                                              result.mask.ids_restore, compute)
                            .slice(1, 1);
    if (config_.normalisation != objectives::Normalisation::none) {
      // A standardised prediction has no brightness of its own: it borrows the true patch's.
      values = objectives::undo_standardise(
          values, ops::patchify(images.at(i), config_.encoder.patch_size));
    }
    result.values.push_back(values);
  }
  return result;
}

SeparatedMixture MixtureSeparation::separate(const at::Tensor& first, const at::Tensor& second,
                                             const MixtureSettings& settings) const {
  const at::NoGradGuard no_grad;
  const Separated separated = take_apart(first, second, settings);
  const at::Tensor pixels = shown(separated.mixture.mixed);
  const at::Tensor seen = ops::patchify(pixels, config_.encoder.patch_size);
  const at::Tensor hidden = separated.mask.mask.cpu().unsqueeze(-1) > 0.5;
  SeparatedMixture result{
      .first = shown(normalised(first)),
      .second = shown(normalised(second)),
      .mixture = pixels,
      .masked = images_of(at::where(hidden, at::full_like(seen, kHidden), seen)),
      .subordinate = shown(images_of(separated.values.at(0))),
      .dominant = {}};
  if (separated.values.size() > 1) result.dominant = shown(images_of(separated.values[1]));
  return result;
}

SeparationErrors MixtureSeparation::separation_errors(const at::Tensor& first,
                                                      const at::Tensor& second,
                                                      const MixtureSettings& settings) const {
  const at::NoGradGuard no_grad;
  const Separated separated = take_apart(first, second, settings);
  const at::Tensor hidden = separated.mask.mask.to(at::kDouble).unsqueeze(-1);
  const auto patches = [&](const at::Tensor& images) {
    return ops::patchify(images, config_.encoder.patch_size).to(at::kDouble);
  };
  const auto sum_of_squares = [&](const at::Tensor& differences) {
    return (differences.square() * hidden).sum().item<double>();
  };
  const at::Tensor mixed = patches(separated.mixture.mixed);
  const auto error_of = [&](const at::Tensor& image, const at::Tensor& values) {
    const at::Tensor truth = patches(image);
    // The data's mean is 0 in normalised pixels.
    return SeparationError{.reconstruction = sum_of_squares(values.to(at::kDouble) - truth),
                           .mixture = sum_of_squares(mixed - truth),
                           .mean = sum_of_squares(truth)};
  };
  SeparationErrors errors{
      .subordinate = error_of(separated.mixture.subordinate, separated.values.at(0)),
      .values = hidden.sum().item<std::int64_t>() * mixed.size(2)};
  if (separated.values.size() > 1) {
    errors.dominant = error_of(separated.mixture.dominant, separated.values[1]);
  }
  return errors;
}

Gallery MixtureSeparation::gallery(const data::Batch& batch, const GalleryContext& context) const {
  const std::int64_t count = std::min(kShownPairs, batch.size());
  const at::Tensor& images = batch.tensors.at("images");
  const at::Tensor first = images.narrow(0, 0, count);
  const SeparatedMixture separated =
      separate(first, images.roll({-1}, {0}).narrow(0, 0, count),
               {.lam = kShownLam, .draws = context.draws, .precision = context.precision});
  ExhibitGroup group{
      .kind = "mixtures",
      .title = "Mixtures",
      .explanation =
          "Two images, their mixture, what the network sees of it, and what it reconstructs: the "
          "image of smaller weight and, with two separation layers, the one of larger weight. All "
          "patches are predictions; those of visible patches are never trained.",
      .exhibits = {}};
  const auto name_of = [&](std::int64_t i) {
    const auto place = static_cast<std::size_t>(i % batch.size());
    return place < context.names.size() ? context.names[place] : std::string();
  };
  for (std::int64_t pair = 0; pair < count; ++pair) {
    group.exhibits.push_back(
        {.name = name_of(pair),
         .caption = fmt::format("{} % of it and {} % of {}", std::lround(100 * kShownLam),
                                std::lround(100 * (1 - kShownLam)), name_of(pair + 1)),
         .content = mixture_strip(separated, pair)});
  }
  return {group};
}

}  // namespace dbot::methods
