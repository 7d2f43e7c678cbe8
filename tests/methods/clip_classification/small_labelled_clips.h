#pragma once

#include "dbot/methods/clip_classification/clip_classification_config.h"
#include "tests/methods/masked_clips/small_clips.h"

namespace dbot::test {

/// A classifier of clips of four frames of 8×8 pixels.
inline methods::ClipClassificationConfig small_clip_classifier() {
  const methods::MaskedClipsConfig masked = small_masked_clips();
  methods::ClipClassificationConfig config;
  config.network = masked.network;
  config.mean = masked.mean;
  config.std = masked.std;
  return config;
}

}  // namespace dbot::test
