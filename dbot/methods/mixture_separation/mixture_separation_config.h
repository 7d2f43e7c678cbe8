#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/start/start_kind.h"
#include "dbot/nn/vit/config.h"
#include "dbot/objectives/target.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// Who shares a mixing weight: all pairs of a batch, or nobody.
enum class LamScope { batch, per_sample };
/// What the frozen teacher is shown: the two clean images, or their mixture, as the published
/// program does by mistake.
enum class DistillTarget { clean, mixture };

/// i-MAE: the mixture of two images is masked and encoded, and both are reconstructed.
/// docs/methods/imae.md.
struct MixtureSeparationConfig {
  static constexpr const char* kKind = "mixture_separation";

  nn::EncoderConfig encoder;
  nn::DecoderConfig decoder;
  double mask_ratio = 0.75;
  std::int64_t layers = 2;  // of the separation; 1: the subordinate image alone
  objectives::Normalisation normalisation = objectives::Normalisation::none;  // of pixels: or patch
  double distillation = 1;  // weight of the distance to the teacher's latents
  DistillTarget distill_target = DistillTarget::clean;
  LamScope lam_scope = LamScope::batch;
  double intra_rate = 1;  // share of partners of the image's own class
  StartKind start = StartKind::file;
  std::string start_path;    // an MAE with its decoder: the first student
  std::string teacher_path;  // another one to teach; empty: that of start_path

  std::vector<double> mean, std;    // pixel normalisation of the input; told by the data
  std::vector<double> value_range;  // what is black and white in files; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;

  bool distils() const { return distillation > 0; }
};

}  // namespace dbot::methods
