#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "dbot/methods/draws.h"
#include "dbot/methods/siamese/mixed_views.h"
#include "dbot/methods/siamese/siamese_networks.h"

// What a step computes of two views. docs/methods/siamese.md §4 to §6.
namespace dbot::methods {

/// One comparison: the clean view's, a mixed one's with its own images, or with those in its holes.
struct SiameseTerm {
  std::string name;   // "base", "unmix", "unmix_partner", "mask", "mask_partner"
  at::Tensor logits;  // of MoCo alone: [batch, 1 + keys]
  at::Tensor loss;    // scalar with its graph, without its weight
  at::Tensor weight;  // scalar
};

struct SiameseForward {
  at::Tensor loss;                 // scalar with its graph: the sum of the weighted terms
  std::vector<SiameseTerm> terms;  // of MoCo's second direction behind those of the first
  std::vector<MixedView> mixed;
  at::Tensor keys;  // of MoCo: [keys of the batch, width], unit rows, as they come into the queue
};

/// first, second: views, normalised float32 [batch, channels, height, width]. With
/// NormMode::training the running values move; the queue does not.
SiameseForward siamese_forward(const SiameseConfig& config, const SiameseNetworks& networks,
                               const at::Tensor& first, const at::Tensor& second,
                               const StepDraws& draws, at::ScalarType compute, nn::NormMode mode);

}  // namespace dbot::methods
