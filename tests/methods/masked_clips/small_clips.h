#pragma once

#include <ATen/ops/randint.h>

#include <cstdint>

#include "dbot/data/batch.h"
#include "dbot/methods/masked_clips/masked_clips_config.h"

namespace dbot::test {

/// An MAE-ST of clips of four frames of 8×8 pixels: eight tokens, of which four are visible.
inline methods::MaskedClipsConfig small_masked_clips() {
  methods::MaskedClipsConfig config;
  config.network.encoder = {
      .image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.network.decoder = {.width = 8, .depth = 1, .heads = 2};
  config.network.frames = 4;
  config.mask.ratio = 0.5;
  config.repeats = 2;
  config.mean = {0.45, 0.45, 0.45};
  config.std = {0.225, 0.225, 0.225};
  return config;
}

/// Two videos with two clips each.
inline data::Batch small_clips() {
  data::Batch batch;
  batch.tensors = {{"clips", at::randint(0, 256, {4, 3, 4, 8, 8}, at::kByte)}};
  batch.sample_ids = {5, 6};
  return batch;
}

}  // namespace dbot::test
