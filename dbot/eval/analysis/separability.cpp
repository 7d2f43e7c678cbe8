#include "dbot/eval/analysis/separability.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/subset.h"
#include "dbot/eval/analysis/image_pairs.h"
#include "dbot/eval/analysis/ridge.h"
#include "dbot/masking/random_mask.h"

namespace dbot::eval {
namespace {

[[noreturn]] void refuse_measurement(std::string subject, std::string reason) {
  throw UsageError(ErrorFields{.operation = "separability",
                               .subject = std::move(subject),
                               .fault = Fault::mismatch,
                               .reason = std::move(reason)});
}

void check_encoder_of_visible(const nn::EncoderConfig& config) {
  const bool of_places = config.relative_positions != nn::RelativePositions::none ||
                         config.rotary.coordinates != nn::RotaryCoordinates::none;
  if (!of_places && config.has_plain_tokens()) return;
  refuse_measurement("the encoder",
                     fmt::format("has {}, which need all patches; expected one that sees visible "
                                 "patches alone (MAE, dBOT, i-MAE)",
                                 of_places ? "relative or rotary positions"
                                           : "registers, or other tokens than students"));
}

void check_pair(const nn::EncoderConfig& student, const nn::EncoderConfig& teacher) {
  check_encoder_of_visible(student);
  check_encoder_of_visible(teacher);
  const auto text = [](const nn::EncoderConfig& config) {
    return fmt::format("{}x{} pixels of {} channels in patches of {}", config.image_size.height,
                       config.image_size.width, config.channels, config.patch_size);
  };
  if (text(student) == text(teacher)) return;
  refuse_measurement("the teacher", fmt::format("reads {}, but the network {}; expected the same",
                                                text(teacher), text(student)));
}

void check_values(const SeparabilityConfig& config, std::int64_t patches) {
  if (config.lams.empty()) refuse_measurement("the mixing weights", "are none, expected some");
  for (const double lam : config.lams) {
    if (lam > 0 && lam <= 0.5) continue;
    refuse_measurement("the mixing weight",
                       fmt::format("is {}, expected above 0 and at most 0.5: that of the "
                                   "subordinate image",
                                   lam));
  }
  check_pairs("separability", config.images, config.intra_rate);
  const bool in_range = config.mask_ratio >= 0 && config.mask_ratio < 1;
  if (in_range && masking::kept_patches(patches, config.mask_ratio) > 0) return;
  refuse_measurement("the share of masked patches",
                     fmt::format("is {}, expected at least 0 and some of {} patches visible",
                                 config.mask_ratio, patches));
}

/// One pass over pairs of images. Receives for each batch and weight, by the weight's number, the
/// latents of the mixtures, and those of the subordinate and the dominant images side by side.
using Latents = std::function<void(std::size_t, const at::Tensor&, const at::Tensor&)>;

class PairPass {
 public:
  PairPass(const MeasuredEncoder& student, const MeasuredEncoder& teacher,
           const SeparabilityConfig& config, const ExtractionSettings& settings)
      : student_(student), teacher_(teacher), config_(config), settings_(settings) {}

  /// Returns how many images were read.
  std::int64_t over(const std::shared_ptr<const data::Dataset>& dataset,
                    const core::StopRequest& stop, const core::Log& log,
                    const Latents& receive) const {
    return visit_pairs("separability", dataset, student_.network->input().images,
                       {.same_class = config_.intra_rate, .seed = config_.seed}, settings_, stop,
                       log, [&](const data::Batch& batch) { add(batch, receive); });
  }

 private:
  /// Rows of visible patches, [batch · kept, width].
  at::Tensor latents(const MeasuredEncoder& encoder, const at::Tensor& images,
                     const at::Tensor& ids_keep) const {
    const nn::VisionTransformer& network = *encoder.network;
    const at::ScalarType compute = runtime::compute_type(settings_.precision);
    const at::Tensor tokens =
        network.norm(network.blocks(network.embed(images, ids_keep), compute));
    return tokens.slice(1, 1).flatten(0, 1).to(at::kFloat);
  }

  void add(const data::Batch& batch, const Latents& receive) const {
    const auto seen = [&](const MeasuredEncoder& encoder, const char* part) {
      return data::normalise(batch.tensors.at(part), encoder.mean, encoder.std);
    };
    const std::int64_t patches = student_.network->config().patches();
    const at::Tensor noise =
        masking::mask_noise(config_.seed, /*stage=*/0, /*epoch=*/0, batch.sample_ids, patches);
    const at::Tensor ids_keep =
        masking::random_mask(noise, masking::kept_patches(patches, config_.mask_ratio)).ids_keep;
    const at::Tensor targets =
        at::cat({latents(teacher_, seen(teacher_, "images"), ids_keep),
                 latents(teacher_, seen(teacher_, "partner.images"), ids_keep)},
                1);
    const at::Tensor first = seen(student_, "images"), second = seen(student_, "partner.images");
    for (std::size_t i = 0; i < config_.lams.size(); ++i) {
      const double lam = config_.lams[i];
      receive(i, latents(student_, lam * first + (1 - lam) * second, ids_keep), targets);
    }
  }

  const MeasuredEncoder& student_;
  const MeasuredEncoder& teacher_;
  const SeparabilityConfig& config_;
  const ExtractionSettings& settings_;
};

}  // namespace

Separability measure_separability(const MeasuredEncoder& student, const MeasuredEncoder& teacher,
                                  const std::shared_ptr<const data::Dataset>& train,
                                  const std::shared_ptr<const data::Dataset>& test,
                                  const SeparabilityConfig& config,
                                  const ExtractionSettings& settings, const core::StopRequest& stop,
                                  const core::Log& log) {
  const at::NoGradGuard no_grad;
  const std::int64_t patches = student.network->config().patches();
  check_pair(student.network->config(), teacher.network->config());
  check_values(config, patches);
  const PairPass pass(student, teacher, config, settings);
  Separability result;
  result.visible = masking::kept_patches(patches, config.mask_ratio);

  std::vector<RidgeSums> sums(config.lams.size());
  result.train_images = pass.over(
      data::limited(train, config.images, config.seed), stop, log,
      [&](std::size_t lam, const at::Tensor& z, const at::Tensor& t) { sums[lam].add(z, t); });

  constexpr std::int64_t kImagesOfAPair = 2;
  std::vector<LeftOver> left;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    AffineMap map = sums[i].fit(config.ridge);
    result.rows.push_back({.lam = config.lams[i], .ridge = map.ridge});
    left.emplace_back(std::move(map), kImagesOfAPair);
  }
  result.test_images = pass.over(
      data::limited(test, config.images, config.seed), stop, core::silent_log(),
      [&](std::size_t lam, const at::Tensor& z, const at::Tensor& t) { left[lam].add(z, t); });
  for (std::size_t i = 0; i < left.size(); ++i) {
    result.rows[i].subordinate = left[i].nmse(0);
    result.rows[i].dominant = left[i].nmse(1);
  }
  return result;
}

}  // namespace dbot::eval
