#pragma once

#include <ATen/ops/randint.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cstdint>

#include "dbot/data/batch.h"
#include "dbot/methods/image_text/image_text_config.h"

namespace dbot::test {

/// An M3AE of 8×8 images in four patches and captions of eight tokens of twelve.
inline methods::ImageTextConfig small_image_text() {
  methods::ImageTextConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.decoder = {.width = 8, .depth = 1, .heads = 2};
  config.text_length = 8;
  config.vocabulary = 12;
  config.unpaired_length = 10;
  config.mask_ratio = 0.5;
  config.text_ratio = 0.5;
  config.mean = {0.5, 0.5, 0.5};
  config.std = {0.25, 0.25, 0.25};
  return config;
}

/// Which tokens are padded, float32 [samples, length]: behind the first `words` of each.
inline at::Tensor padding_behind(const std::vector<std::int64_t>& words, std::int64_t length) {
  at::Tensor padding = at::zeros({static_cast<std::int64_t>(words.size()), length});
  for (std::size_t i = 0; i < words.size(); ++i) {
    padding[static_cast<std::int64_t>(i)].slice(0, words[i]).fill_(1);
  }
  return padding;
}

/// Drawn ids, 0 where padded.
inline at::Tensor ids_for(const at::Tensor& padding, std::int64_t vocabulary) {
  const at::Tensor ids = at::randint(1, vocabulary, padding.sizes(), at::kLong);
  return at::where(padding.gt(0.5), at::zeros({}, at::kLong), ids);
}

/// Four pairs: a full caption, two shorter ones, and none.
inline data::Batch small_pairs(const methods::ImageTextConfig& config) {
  data::Batch batch;
  const at::Tensor padding = padding_behind({8, 5, 3, 0}, config.text_length);
  batch.tensors = {{"images", at::randint(0, 256, {4, 3, 8, 8}, at::kByte)},
                   {"text_ids", ids_for(padding, config.vocabulary)},
                   {"text_padding", padding}};
  batch.sample_ids = {0, 1, 2, 3};
  return batch;
}

}  // namespace dbot::test
