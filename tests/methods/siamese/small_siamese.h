#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include "dbot/data/batch.h"
#include "dbot/methods/siamese/siamese.h"
#include "dbot/methods/surroundings.h"

namespace dbot::methods {

/// Two convolutions on images of 8 pixels.
inline SiameseConfig small_siamese(SiameseMixing mixing) {
  SiameseConfig config;
  config.network.kind = ConvolutionKind::chain;
  config.network.image_size = {8, 8};
  config.network.widths = {6, 12};
  config.head_width = 8;
  config.queue = 12;
  config.momentum = 0.9;
  config.mixing = mixing;
  config.mask = {.kind = masking::GridMaskKind::discrete, .cells = 4, .kept = 0.7};
  config.seed = 5;
  return config;
}

/// Six images of 8 pixels and a further view of each, float32.
inline data::Batch siamese_batch() {
  const at::Tensor values =
      (at::arange(6 * 2 * 3 * 8 * 8) * 7919 % 1009).to(at::kFloat).view({6, 2, 3, 8, 8}) / 504 - 1;
  data::Batch batch;
  batch.tensors["images"] = values.select(1, 0).contiguous();
  batch.tensors[kFurtherViews] = values.slice(1, 1).contiguous();
  batch.sample_ids = {3, 4, 9, 17, 21, 22};
  return batch;
}

}  // namespace dbot::methods
